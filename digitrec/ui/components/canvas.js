// Mends what the drawable canvas lacks; it runs beside the canvas, in the container that `data.container` names.
//
// - Its own toolbar is invisible until hovered, lies over the drawing and takes the strokes and taps that start
//   there; its bin would go back to a restored drawing instead of to blank paper. The page has buttons of its own.
// - It waits 200 ms after a stroke before it tells the server; its "send" button does not wait.
// - It has the size of its picture, 280 pixels, on every screen: here it is as wide as its place.
// - It has no name for a screen reader, and nothing says aloud what was read: the container `data.answer` does.
//
// The canvas makes its paper anew where something about it changes just after it was first shown: hence the observer.
export default function ({ data }) {
  let frame = 0;
  let left = 600; // frames, until everything should have been there
  let observer = null;
  const look = () => {
    const hosts = document.querySelectorAll(`.st-key-${data.container} *`);
    const root = [...hosts].map((host) => host.shadowRoot).find((found) => found?.querySelector(".dc-root"));
    if (root && !observer) {
      mend(root, data);
      observer = new MutationObserver(() => mend(root, data));
      observer.observe(root, { childList: true, subtree: true });
    }
    const answer = document.querySelector(`.st-key-${data.answer ?? 'none'}`);
    answer?.setAttribute("role", "status");
    if (!(root && (answer || !data.answer)) && left-- > 0) frame = requestAnimationFrame(look);
  };
  look();
  return () => {
    cancelAnimationFrame(frame);
    observer?.disconnect();
  };
}

// The canvas itself reckons with the scale between its pixels and the screen's.
const style = (ratio) => `
  .dc-toolbar { display: none !important }
  :host > div, :host > div > div, .canvas-root, .dc-root, .dc-scroll { width: 100% !important; max-width: none !important }
  .dc-scroll { overflow: hidden !important }
  .dc-container, .dc-container .canvas-container, .dc-container canvas {
    width: 100% !important; height: auto !important; aspect-ratio: ${ratio} }
  .dc-container { border-radius: 0.6rem; overflow: hidden }
`;

function mend(root, data) {
  const paper = root.querySelector(".dc-container");
  if (!paper || paper.dataset.mended) return;
  paper.dataset.mended = "yes";
  const sheet = document.createElement("style");
  sheet.textContent = style(data.ratio ?? 1);
  paper.append(sheet); // goes with it
  const place = data.width && document.querySelector(`.st-key-${data.container}`);
  if (place) {
    // As wide as its place, but no wider than its picture.
    place.style.maxWidth = `${data.width}px`;
    for (let box = root.host; box && box !== place; box = box.parentElement) box.style.width = "100%";
  }
  paper.setAttribute("role", "img");
  paper.setAttribute("aria-label", data.label);
  for (const [begins, ends] of [["mousedown", "mouseup"], ["touchstart", "touchend"]]) {
    // After the canvas itself has heard that the stroke ended.
    const sent = () => setTimeout(() => root.querySelector('.dc-toolbar button[title^="Update the app"]')?.click(), 0);
    paper.addEventListener(begins, () => window.addEventListener(ends, sent, { once: true }), { passive: true });
  }
}
