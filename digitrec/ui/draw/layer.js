// Lays a picture over the paper, in the container that `data.container` names, until a new stroke begins. While one
// points at the bar of a class, or its bar has the focus, it is the picture of that class.
const BARS = ".digit-bars.choose button[data-class]";

export default function ({ data }) {
  let frame = 0;
  let left = 600; // frames, until the paper should have been there
  let shown = data.shown;
  const papers = () => [...document.querySelectorAll(`.st-key-${data.container} *`)]
    .map((host) => host.shadowRoot?.querySelector(".dc-container")).filter(Boolean);
  const lay = () => {
    const [paper] = papers();
    if (!paper) {
      if (left-- > 0) frame = requestAnimationFrame(lay);
      return;
    }
    const layer = paper.querySelector(".digit-layer") ?? paper.appendChild(makeLayer());
    layer.style.opacity = 1;
    show(layer, data, shown);
    if (paper.dataset.lifts) return;
    paper.dataset.lifts = "yes";
    const lift = () => {
      for (const old of paper.querySelectorAll(".digit-layer")) old.style.opacity = 0;
    };
    for (const name of ["mousedown", "touchstart"]) paper.addEventListener(name, lift, { passive: true });
  };
  const turnTo = (name) => {
    if (name === shown || !data.layers[name]) return;
    shown = name;
    for (const paper of papers()) {
      const layer = paper.querySelector(".digit-layer");
      if (layer) show(layer, data, shown);
    }
  };
  const begin = (event) => turnTo(event.target.closest?.(BARS)?.dataset.class);
  const end = (event) => {
    if (event.target.closest?.(BARS)) turnTo(event.relatedTarget?.closest?.(BARS)?.dataset.class ?? data.shown);
  };
  const heard = [["pointerover", begin], ["focusin", begin], ["pointerout", end], ["focusout", end]];
  for (const [name, act] of heard) document.addEventListener(name, act);
  lay();
  return () => {
    cancelAnimationFrame(frame);
    for (const [name, act] of heard) document.removeEventListener(name, act);
    for (const paper of papers()) paper.querySelector(".digit-layer")?.remove();
  };
}

function makeLayer() {
  const layer = document.createElement("div");
  layer.className = "digit-layer";
  layer.style.cssText = "position: absolute; inset: 0; z-index: 15; pointer-events: none";
  const image = document.createElement("img");
  image.style.cssText = "position: absolute; inset: 0; width: 100%; height: 100%";
  const words = document.createElement("span");
  words.ariaHidden = "true"; // the picture's own words say the same
  words.style.cssText = "position: absolute; left: 0.6rem; bottom: 0.4rem; font: 0.8rem var(--st-font, sans-serif); " +
    "color: #fff; background: #000a; border-radius: 0.3rem; padding: 0 0.3rem";
  layer.append(image, words);
  return layer;
}

function show(layer, data, name) {
  const { src, label } = data.layers[name];
  Object.assign(layer.querySelector("img"), { src, alt: label });
  // Said where one looks, because the words beside the paper still speak of the class that was chosen.
  layer.querySelector("span").textContent = name === data.shown ? "" : label;
}
