// Lays a picture over the paper, in the container that `data.container` names, until a new stroke begins.
export default function ({ data }) {
  let frame = 0;
  let left = 600; // frames, until the paper should have been there
  const lay = () => {
    const hosts = document.querySelectorAll(`.st-key-${data.container} *`);
    const root = [...hosts].map((host) => host.shadowRoot).find((found) => found?.querySelector(".dc-container"));
    const paper = root?.querySelector(".dc-container");
    if (!paper) {
      if (left-- > 0) frame = requestAnimationFrame(lay);
      return;
    }
    const layer = paper.querySelector(".digit-layer") ?? paper.appendChild(document.createElement("img"));
    layer.className = "digit-layer";
    layer.alt = data.label;
    layer.src = data.src;
    layer.style.cssText =
      "position: absolute; inset: 0; width: 100%; height: 100%; z-index: 15; pointer-events: none; opacity: 1";
    if (paper.dataset.lifts) return;
    paper.dataset.lifts = "yes";
    const lift = () => {
      for (const old of paper.querySelectorAll(".digit-layer")) old.style.opacity = 0;
    };
    for (const name of ["mousedown", "touchstart"]) paper.addEventListener(name, lift, { passive: true });
  };
  lay();
  return () => {
    cancelAnimationFrame(frame);
    for (const host of document.querySelectorAll(`.st-key-${data.container} *`)) {
      host.shadowRoot?.querySelector(".digit-layer")?.remove();
    }
  };
}
