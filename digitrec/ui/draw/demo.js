// On the first visit a digit draws itself once over the paper, so that one sees what this page is for. The server
// reads it as it reads a person's. It goes with the first stroke, and never comes to who asks for less motion.
const SEEN = "digitrec-seen";
const SPEED = 0.55; // pixels of the paper in a millisecond: half a second, so that the answer is there within one
const SIDE = 280;

export default function ({ data, setTriggerValue }) {
  let frame = 0;
  let left = 600; // frames, until the paper should have been there
  const hosts = () => [...document.querySelectorAll(`.st-key-${data.container} *`)];
  const paper = () => hosts().map((host) => host.shadowRoot?.querySelector(".dc-container")).find(Boolean);
  const clear = () => {
    cancelAnimationFrame(frame);
    paper()?.querySelector(".digit-demo")?.remove();
  };
  if (!data.fresh) {
    remember(); // a person who has drawn knows
    clear();
    return clear;
  }
  if (isSeen() || matchMedia("(prefers-reduced-motion: reduce)").matches) return clear;
  const begin = () => {
    const place = paper();
    if (!place) {
      if (left-- > 0) frame = requestAnimationFrame(begin);
      return;
    }
    if (place.querySelector(".digit-demo")) return; // it is at work, or waits to be drawn over
    const canvas = makeCanvas(place, data.words);
    for (const name of ["mousedown", "touchstart"]) place.addEventListener(name, clear, { once: true, passive: true });
    const start = performance.now();
    const step = (now) => {
      const isDone = drawUpTo(canvas, data.points, data.width, (now - start) * SPEED);
      if (!isDone) {
        frame = requestAnimationFrame(step);
        return;
      }
      remember();
      setTriggerValue("drawn", true);
    };
    frame = requestAnimationFrame(step);
  };
  frame = requestAnimationFrame(begin);
  return clear;
}

function makeCanvas(place, words) {
  const layer = document.createElement("div");
  layer.className = "digit-demo";
  layer.style.cssText = "position: absolute; inset: 0; z-index: 14; pointer-events: none; background: #000";
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  const text = document.createElement("p");
  text.textContent = words;
  text.style.cssText = "position: absolute; inset: auto 0 0.6rem; margin: 0; text-align: center; color: #fff; " +
    "font: 0.9rem var(--st-font, sans-serif)";
  layer.append(canvas, text);
  place.append(layer);
  return canvas;
}

// The stroke through the points up to a length; whether that is all of it.
function drawUpTo(canvas, points, width, length) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, SIDE, SIDE);
  Object.assign(pen, { lineWidth: width, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
  pen.beginPath();
  pen.moveTo(...points[0]);
  let rest = length;
  for (let i = 1; i < points.length && rest > 0; i += 1) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const whole = Math.hypot(x1 - x0, y1 - y0);
    const share = Math.min(1, rest / whole);
    pen.lineTo(x0 + share * (x1 - x0), y0 + share * (y1 - y0));
    rest -= whole;
  }
  pen.stroke();
  return rest > 0;
}

function isSeen() {
  try {
    return Boolean(localStorage.getItem(SEEN) || sessionStorage.getItem("digitrec-drawings"));
  } catch {
    return true; // where nothing can be kept, it would come each time
  }
}

function remember() {
  try {
    localStorage.setItem(SEEN, "yes");
  } catch {
    // Then it is shown once more.
  }
}
