// Lets the first tap of a finger choose a point of a figure. Plotly takes what is under the pointer when it last
// moved, which it finds out a moment late: the first tap alone would only show the point's text.
const AREA = ".js-plotly-plot .nsewdrag";
const SLOP = 10; // pixels that a finger may move in a tap
const [LOOK, LOOKS] = [50, 40]; // milliseconds between two looks for what Plotly has found, and how many
let began = null;
let listens = false;

export default function () {
  if (listens) return;
  listens = true;
  document.documentElement.dataset.taps = "choose"; // for whoever waits for it
  document.addEventListener("touchstart", touched, { capture: true, passive: true });
  document.addEventListener("touchend", tapped, { capture: true, passive: false });
}

function touched(event) {
  began = event.touches.length === 1 && event.target.closest?.(AREA) ? event.touches[0] : null;
  if (began) event.stopPropagation(); // Plotly would count this tap and the click below as a double click
}

function tapped(event) {
  const [{ clientX, clientY }] = event.changedTouches;
  if (!began || Math.hypot(clientX - began.clientX, clientY - began.clientY) > SLOP) return;
  event.stopPropagation();
  event.preventDefault(); // no mouse events of the browser's own
  const target = event.target.closest(AREA);
  const plot = target.closest(".js-plotly-plot");
  const tell = (type, to) =>
    to.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, view: window, clientX, clientY }));
  plot._hoverdata = undefined;
  tell("mousemove", target);
  let looks = 0;
  const choose = setInterval(() => {
    if (!plot._hoverdata && ++looks < LOOKS) return;
    clearInterval(choose);
    tell("mousedown", target);
    tell("mouseup", document.elementFromPoint(clientX, clientY) ?? document);
  }, LOOK);
}
