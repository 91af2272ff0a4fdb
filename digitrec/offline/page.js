"use strict";

// The page: strokes on the paper, and what the reader says of them.

const byId = (id) => document.getElementById(id);
const model = JSON.parse(byId("model").textContent);
const read = makeReader(model);
const paper = byId("paper");
const pen = paper.getContext("2d", { willReadFrequently: true });
const strokes = []; // of points [x, y] in the paper's own pixels, each with its width
let current = null;
let waiting = 0;

const inkColour = matchMedia("(prefers-color-scheme: dark)");
function drawStroke({ width, points }) {
  pen.strokeStyle = pen.fillStyle = inkColour.matches ? "#ffffff" : "#000000";
  [pen.lineWidth, pen.lineCap, pen.lineJoin] = [width, "round", "round"];
  pen.beginPath();
  pen.moveTo(...points[0]);
  for (const point of points.length > 1 ? points.slice(1) : points) pen.lineTo(...point);
  pen.stroke();
}

function redraw() {
  pen.clearRect(0, 0, paper.width, paper.height);
  strokes.forEach(drawStroke);
  byId("undo").disabled = byId("clear").disabled = !strokes.length;
}

// The ink is how opaque the paper's pixels are: 0 = paper, 255 = ink.
function inkOf() {
  const { data } = pen.getImageData(0, 0, paper.width, paper.height);
  return Uint8Array.from({ length: paper.width * paper.height }, (_, i) => data[4 * i + 3]);
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

// As reporting/formatting.py writes a probability.
function formatProbability(probability) {
  if (probability < 0.0005) return "<0.1%";
  return probability >= 0.9995 ? ">99.9%" : `${(100 * probability).toFixed(1)}%`;
}
const withArticle = (name) => `${(name.length === 1 ? "8AEFHILMNORSXaeiou" : "8aeiouAEIOU").includes(name[0]) ? "an" : "a"} ${name}`;

function describe({ kind, value }, found) {
  const [first, second] = [...found.proba.keys()].sort((a, b) => found.proba[b] - found.proba[a]);
  const names = [first, second ?? first].map((index) => model.classes[index]);
  const words = { "{a_class}": withArticle(names[0]), "{first}": names[0], "{second}": names[1], "{value:.0f}": value };
  return model.sentences[kind].replace(/\{[^}]*\}/g, (place) => words[place]);
}

function showAnswer() {
  waiting = 0;
  const found = strokes.length ? read(inkOf(), paper.height, paper.width) : null;
  const place = byId("answer");
  byId("seen").hidden = !found;
  if (!found) {
    place.replaceChildren(element("p", strokes.length ? "There is too little ink. Draw larger." : "Draw with a finger, a pen or the mouse."));
    byId("bars").replaceChildren();
    return;
  }
  const name = model.classes[found.answer];
  const answer = element("strong", name, name.length > 2 ? "long" : "");
  const box = element("div", "", found.sure ? "sure" : "unsure");
  if (found.sure) box.append(answer, element("p", `${formatProbability(found.proba[found.answer])} sure`));
  else {
    box.append(element("b", "Not sure."), ...found.reasons.slice(0, 2).map((reason) => element("p", describe(reason, found))));
    const guess = element("p", "Best guess: ");
    guess.append(answer);
    box.append(guess);
  }
  place.replaceChildren(box);
  showImage(found.image);
  // Of a drawing that may be of no class, they do not say how likely the classes are.
  const speaks = found.reasons.every(({ kind }) => kind === "between two classes");
  byId("bars").replaceChildren(...(speaks ? bars(found) : []));
}

function showImage(image) {
  const context = byId("image").getContext("2d");
  const pixels = context.createImageData(28, 28);
  image.forEach((value, i) => pixels.data.set([value, value, value, 255], 4 * i));
  context.putImageData(pixels, 0, 0);
}

function bars(found) {
  const shown = [...found.proba.keys()].sort((a, b) => found.proba[b] - found.proba[a]).slice(0, 10).sort((a, b) => a - b);
  return shown.map((index) => {
    const item = element("li", "", index === found.answer ? "best" : "");
    const track = element("span", "", "track");
    const bar = element("span", "");
    bar.style.width = `${100 * found.proba[index]}%`;
    track.append(bar);
    item.append(element("span", model.classes[index]), track, element("span", formatProbability(found.proba[index])));
    return item;
  });
}

function soon() {
  waiting ||= setTimeout(showAnswer, 0);
}

function place(event) {
  const box = paper.getBoundingClientRect();
  return [((event.clientX - box.left) * paper.width) / box.width, ((event.clientY - box.top) * paper.height) / box.height];
}

paper.addEventListener("pointerdown", (event) => {
  if (event.button || current) return;
  paper.setPointerCapture(event.pointerId);
  current = { id: event.pointerId, width: Number(byId("brush").value), points: [place(event)] };
  strokes.push(current);
  redraw();
});
paper.addEventListener("pointermove", (event) => {
  if (current?.id !== event.pointerId) return;
  const seen = event.getCoalescedEvents?.() ?? [];
  current.points.push(...(seen.length ? seen : [event]).map(place));
  redraw();
});
for (const end of ["pointerup", "pointercancel"]) {
  paper.addEventListener(end, (event) => {
    if (current?.id !== event.pointerId) return;
    current = null;
    soon();
  });
}
byId("undo").addEventListener("click", () => {
  strokes.pop();
  redraw();
  soon();
});
byId("clear").addEventListener("click", () => {
  strokes.length = 0;
  redraw();
  soon();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "z" && (event.ctrlKey || event.metaKey) && strokes.length) byId("undo").click();
  if (event.key === "Escape" && strokes.length) byId("clear").click();
});
inkColour.addEventListener("change", redraw);
if ("serviceWorker" in navigator && model.worker) navigator.serviceWorker.register(model.worker);
