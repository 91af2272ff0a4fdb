// A map of images: each is a point, drawn by WebGL. Its image is shown where one points, and in place of the point
// once the map is enlarged. A lasso, or a button, tells the server which images are meant; a click which one is opened.
const NEAR = 14; // pixels within which a point is meant
const DRAG = 5; // pixels from which a press is a drag
const NONE = 65535; // no group, no answer
const MOST_IMAGES = 350; // that are drawn in place of points
const states = new WeakMap(); // by the element: what a person has done on the map, while it is shown

const VERTEX = `
attribute vec2 place; attribute vec4 colour; varying vec4 tint;
uniform vec2 scale; uniform vec2 shift; uniform float size;
void main() { gl_Position = vec4(place * scale + shift, 0.0, 1.0); gl_PointSize = size; tint = colour; }`;
const FRAGMENT = `
precision mediump float; varying vec4 tint;
void main() {
  float r = length(gl_PointCoord - 0.5) * 2.0;
  float edge = 1.0 - smoothstep(0.75, 1.0, r);
  gl_FragColor = vec4(tint.rgb * tint.a, tint.a) * edge;
}`;

export default function ({ data, parentElement, setTriggerValue }) {
  let state = states.get(parentElement);
  if (!state) {
    state = begin(parentElement);
    states.set(parentElement, state);
  }
  state.tell = setTriggerValue;
  window.addEventListener("digitrec-sheet", state.draw); // the images have arrived
  take(state, data);
  return () => state.end();
}

function begin(root) {
  const find = (name) => root.querySelector(`.map-${name}`);
  const state = {
    root, stage: find("stage"), over: find("over"), tip: find("tip"), legend: find("legend"),
    points: document.createElement("canvas"), // of its own: Chromium clips one of WebGL in a page that is scrolled
    view: { x: 0.5, y: 0.5, zoom: 1 }, mode: matchMedia("(pointer: coarse)").matches ? "move" : "lasso",
    shown: null, path: [], fingers: new Map(), hovered: -1,
  };
  state.draw = () => {
    if (!state.frame) state.frame = requestAnimationFrame(() => ((state.frame = 0), draw(state)));
  };
  listen(state);
  const observer = new ResizeObserver(state.draw);
  observer.observe(state.stage);
  state.end = () => window.removeEventListener("digitrec-sheet", state.draw);
  return state;
}

function take(state, data) {
  const isOther = state.data?.id !== data.id;
  state.data = data;
  state.xy = decode(data.positions, Uint16Array, 1 / 65535);
  state.group = decode(data.groups, Uint16Array);
  state.chosen = data.chosen ? decode(data.chosen, Uint8Array) : null;
  if (isOther) {
    state.view = { x: 0.5, y: 0.5, zoom: 1 };
    state.cells = index(state.xy);
  }
  if (isOther || !state.chosen) state.path = [];
  if (state.colouring !== data.colouring) state.shown = null;
  state.colouring = data.colouring;
  state.hovered = -1;
  state.tip.hidden = true;
  state.over.setAttribute("aria-label", data.label);
  legend(state);
  state.root.querySelector(".map").classList.toggle("plain", data.plain);
  setMode(state, data.plain ? "move" : state.mode);
  state.dirty = true;
  state.draw();
}

function decode(text, Kind, factor) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const values = new Kind(bytes.buffer);
  return factor ? Float32Array.from(values, (value) => value * factor) : values;
}

// Cells of the plane with their points, to find the nearest one.
const CELLS = 64;
function index(xy) {
  const cells = Array.from({ length: CELLS * CELLS }, () => []);
  for (let i = 0; i < xy.length / 2; i++) cells[cell(xy[2 * i]) + CELLS * cell(xy[2 * i + 1])].push(i);
  return cells;
}
const cell = (value) => Math.min(CELLS - 1, Math.max(0, Math.floor(value * CELLS)));

// --- from the map to the screen ---

function sizes(state) {
  const { clientWidth: width, clientHeight: height } = state.stage; // within the border
  return { width, height, unit: Math.min(width, height) * state.view.zoom };
}
function toScreen(state, x, y, { width, height, unit } = sizes(state)) {
  return [width / 2 + (x - state.view.x) * unit, height / 2 + (y - state.view.y) * unit];
}
function toMap(state, px, py) {
  const { width, height, unit } = sizes(state);
  return [state.view.x + (px - width / 2) / unit, state.view.y + (py - height / 2) / unit];
}
function isShown(state, i) {
  return state.shown === null || state.group[i] === state.shown;
}
function nearest(state, px, py, within = NEAR) {
  const [x, y] = toMap(state, px, py);
  const reach = within / sizes(state).unit;
  let [best, least] = [-1, reach * reach];
  for (let row = cell(y - reach); row <= cell(y + reach); row++)
    for (let column = cell(x - reach); column <= cell(x + reach); column++)
      for (const i of state.cells[column + CELLS * row]) {
        const distance = (state.xy[2 * i] - x) ** 2 + (state.xy[2 * i + 1] - y) ** 2;
        if (distance < least && isShown(state, i)) [best, least] = [i, distance];
      }
  return best;
}
function inView(state) {
  const [left, top] = toMap(state, 0, 0);
  const { width, height } = sizes(state);
  const [right, bottom] = toMap(state, width, height);
  const found = [];
  for (let i = 0; i < state.group.length; i++) {
    const [x, y] = [state.xy[2 * i], state.xy[2 * i + 1]];
    if (x >= left && x <= right && y >= top && y <= bottom && isShown(state, i)) found.push(i);
  }
  return found;
}

// --- drawing ---

function draw(state) {
  if (!state.stage.isConnected) return;
  const place = sizes(state);
  if (!place.width || !place.height) return; // hidden
  const ratio = window.devicePixelRatio || 1;
  for (const canvas of [state.points, state.over]) {
    const [width, height] = [Math.round(place.width * ratio), Math.round(place.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  }
  drawPoints(state, place, ratio);
  const pen = state.over.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, place.width, place.height);
  pen.drawImage(state.points, 0, 0, place.width, place.height);
  drawImages(state, pen, place);
  drawNames(state, pen, place);
  drawPath(state, pen, place);
  drawStar(state, pen, place);
  drawHovered(state, pen, place);
}

function colours(state) {
  const made = new Uint8Array(4 * state.group.length);
  for (let i = 0; i < state.group.length; i++) {
    const colour = state.data.categories[state.group[i]]?.rgb ?? [133, 133, 133];
    const isFaint = !isShown(state, i) || (state.chosen && !state.chosen[i]);
    made.set([...colour, isFaint ? 30 : 215], 4 * i);
  }
  return made;
}

// The rare colours are drawn last: a few wrong answers do not vanish below the many right ones.
function order(state) {
  const count = (i) => (isShown(state, i) ? (state.data.categories[state.group[i]]?.count ?? 0) : Infinity);
  return Uint16Array.from(state.group.keys()).sort((a, b) => count(b) - count(a) || a - b);
}

function pointSize(state) {
  return Math.min(9, (state.group.length > 4000 ? 3.2 : 4.5) * Math.sqrt(state.view.zoom));
}

function drawPoints(state, place, ratio) {
  const gl = (state.gl ??= prepare(state));
  if (!gl) return drawFlat(state, place, ratio);
  if (state.dirty) {
    gl.bindBuffer(gl.ARRAY_BUFFER, state.buffers.place);
    gl.bufferData(gl.ARRAY_BUFFER, state.xy, gl.STATIC_DRAW);
    gl.bindBuffer(gl.ARRAY_BUFFER, state.buffers.colour);
    gl.bufferData(gl.ARRAY_BUFFER, colours(state), gl.STATIC_DRAW);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, state.buffers.order);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order(state), gl.STATIC_DRAW);
    state.dirty = false;
  }
  gl.viewport(0, 0, state.points.width, state.points.height);
  gl.clearColor(0, 0, 0, 0);
  gl.clear(gl.COLOR_BUFFER_BIT);
  const [sx, sy] = [(2 * place.unit) / place.width, (-2 * place.unit) / place.height];
  gl.uniform2f(state.uniforms.scale, sx, sy);
  gl.uniform2f(state.uniforms.shift, -state.view.x * sx, -state.view.y * sy);
  gl.uniform1f(state.uniforms.size, pointSize(state) * ratio);
  gl.drawElements(gl.POINTS, state.group.length, gl.UNSIGNED_SHORT, 0);
}

function prepare(state) {
  const gl = state.points.getContext("webgl", { premultipliedAlpha: true });
  if (!gl) return false;
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  state.buffers = { place: gl.createBuffer(), colour: gl.createBuffer(), order: gl.createBuffer() };
  const bind = (name, size, kind, isScaled) => {
    const at = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, state.buffers[name]);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, kind, isScaled, 0, 0);
  };
  bind("place", 2, gl.FLOAT, false);
  bind("colour", 4, gl.UNSIGNED_BYTE, true);
  state.uniforms = Object.fromEntries(
    ["scale", "shift", "size"].map((name) => [name, gl.getUniformLocation(program, name)]),
  );
  state.dirty = true;
  state.points.addEventListener("webglcontextlost", (event) => event.preventDefault());
  state.points.addEventListener("webglcontextrestored", () => ((state.gl = undefined), state.draw()));
  return gl;
}

// Where a browser has no WebGL.
function drawFlat(state, place, ratio) {
  const pen = state.points.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, place.width, place.height);
  const [tints, side] = [colours(state), pointSize(state)];
  for (const i of order(state)) {
    const [x, y] = toScreen(state, state.xy[2 * i], state.xy[2 * i + 1], place);
    pen.fillStyle = `rgba(${tints[4 * i]}, ${tints[4 * i + 1]}, ${tints[4 * i + 2]}, ${tints[4 * i + 3] / 255})`;
    pen.fillRect(x - side / 2, y - side / 2, side, side);
  }
}

const sheet = (state) => window.digitrecSheets?.get(state.data.sheet);

function drawSprite(state, pen, i, x, y, side) {
  const picture = sheet(state);
  if (!picture) return;
  const from = state.data.side;
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture, from * (i % state.data.columns), from * Math.floor(i / state.data.columns), from, from,
    x - side / 2, y - side / 2, side, side);
}

function drawImages(state, pen, place) {
  if (state.view.zoom < 3) return;
  const found = inView(state);
  if (found.length > MOST_IMAGES) return;
  const side = Math.min(44, Math.max(20, Math.sqrt((place.width * place.height) / Math.max(1, found.length)) / 2));
  for (const i of found) {
    if (state.chosen && !state.chosen[i]) continue;
    const [x, y] = toScreen(state, state.xy[2 * i], state.xy[2 * i + 1], place);
    drawSprite(state, pen, i, x, y, side);
    pen.strokeStyle = rgb(state.data.categories[state.group[i]]?.rgb ?? [133, 133, 133]);
    pen.lineWidth = 2;
    pen.strokeRect(x - side / 2, y - side / 2, side, side);
  }
}

const rgb = (colour) => `rgb(${colour.join(", ")})`;
const ink = (state) => getComputedStyle(state.stage).color;
const paper = (state) => getComputedStyle(state.stage).getPropertyValue("--map-paper");

function write(state, pen, text, x, y) {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = paper(state);
  pen.strokeText(text, x, y);
  pen.fillStyle = ink(state);
  pen.fillText(text, x, y);
}

function drawNames(state, pen, place) {
  if (state.view.zoom >= 6) return;
  pen.font = "600 17px sans-serif";
  state.data.categories.forEach(({ name, at }, number) => {
    if (at && (state.shown === null || state.shown === number)) write(state, pen, name, ...toScreen(state, ...at, place));
  });
}

function drawPath(state, pen, place) {
  if (state.path.length < 2) return;
  pen.beginPath();
  state.path.forEach(([x, y]) => pen.lineTo(...toScreen(state, x, y, place)));
  if (!state.lassoing) pen.closePath();
  pen.setLineDash([6, 4]);
  pen.lineWidth = 2;
  pen.strokeStyle = ink(state);
  pen.stroke();
  pen.setLineDash([]);
}

function drawStar(state, pen, place) {
  if (!state.data.star) return;
  const [x, y] = toScreen(state, ...state.data.star, place);
  pen.beginPath();
  for (let k = 0; k < 10; k++) {
    const [radius, turn] = [k % 2 ? 6 : 14, (Math.PI * k) / 5 - Math.PI / 2];
    pen.lineTo(x + radius * Math.cos(turn), y + radius * Math.sin(turn));
  }
  pen.closePath();
  pen.lineJoin = "round";
  pen.lineWidth = 5;
  pen.strokeStyle = paper(state);
  pen.stroke();
  pen.lineWidth = 2;
  pen.strokeStyle = ink(state);
  pen.stroke();
  pen.fillStyle = "#E69F00";
  pen.fill();
}

function drawHovered(state, pen, place) {
  if (state.hovered < 0) return;
  const [x, y] = toScreen(state, state.xy[2 * state.hovered], state.xy[2 * state.hovered + 1], place);
  pen.beginPath();
  pen.arc(x, y, pointSize(state) / 2 + 4, 0, 2 * Math.PI);
  pen.lineWidth = 2;
  pen.strokeStyle = ink(state);
  pen.stroke();
}

// --- what is under the pointer ---

function hover(state, i, px, py) {
  if (i === state.hovered) return;
  state.hovered = i;
  state.draw();
  state.tip.hidden = i < 0;
  if (i < 0) return;
  const picture = state.tip.querySelector("canvas");
  const pen = picture.getContext("2d");
  pen.fillRect(0, 0, picture.width, picture.height);
  drawSprite(state, pen, i, picture.width / 2, picture.height / 2, picture.width);
  const words = describe(state.data, i);
  state.tip.querySelector("b").textContent = words[0];
  state.tip.querySelector("span").textContent = words.slice(1).join(" · ");
  const { width, height } = sizes(state);
  const [wide, high] = [state.tip.offsetWidth, state.tip.offsetHeight];
  state.tip.style.left = `${Math.min(Math.max(4, px + 16 + wide > width ? px - 16 - wide : px + 16), width - wide - 4)}px`;
  state.tip.style.top = `${Math.min(Math.max(4, py - high / 2), height - high - 4)}px`;
}

function describe(data, i) {
  data.lists ??= {
    labels: decode(data.labels, Uint16Array), rows: decode(data.rows, Int32Array),
    answers: data.answers ? decode(data.answers, Uint16Array) : null,
  };
  const { labels, rows, answers } = data.lists;
  const [row, name] = [rows[i], (code) => data.names[code]];
  const where = row < data.trainCount ? `training image ${row}` : `test image ${row - data.trainCount}`;
  const words = [name(labels[i]), where];
  if (answers && answers[i] !== NONE) words.push(answers[i] === labels[i] ? "read right" : `read as ${name(answers[i])}`);
  return words;
}

// --- what a person does ---

function listen(state) {
  const { over, stage, root } = state;
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left - stage.clientLeft, event.clientY - box.top - stage.clientTop];
  };
  over.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    state.fingers.set(event.pointerId, at(event));
    if (state.fingers.size === 1) {
      state.pressed = { at: at(event), moved: false, view: { ...state.view } };
      over.setPointerCapture(event.pointerId);
    } else {
      state.pressed = null;
      state.path = state.lassoing ? [] : state.path;
      state.lassoing = false;
      state.spread = spread(state);
    }
  });
  over.addEventListener("pointermove", (event) => {
    if (state.fingers.has(event.pointerId)) state.fingers.set(event.pointerId, at(event));
    if (state.fingers.size === 2) return pinch(state);
    if (!state.pressed) return hover(state, nearest(state, ...at(event)), ...at(event));
    const [x, y] = at(event);
    const [dx, dy] = [x - state.pressed.at[0], y - state.pressed.at[1]];
    if (!state.pressed.moved && Math.hypot(dx, dy) < DRAG) return;
    if (!state.pressed.moved) hover(state, -1);
    if (state.mode === "lasso") {
      if (!state.pressed.moved) state.path = [toMap(state, ...state.pressed.at)];
      state.lassoing = true;
      state.path.push(toMap(state, x, y));
    } else {
      const { unit } = sizes(state);
      state.view.x = state.pressed.view.x - dx / unit;
      state.view.y = state.pressed.view.y - dy / unit;
      keep(state);
    }
    state.pressed.moved = true;
    state.draw();
  });
  const release = (event) => {
    state.fingers.delete(event.pointerId);
    const pressed = state.pressed;
    state.pressed = null;
    if (!pressed || event.type === "pointercancel") return;
    if (state.lassoing) {
      state.lassoing = false;
      choose(state, inside(state));
    } else if (!pressed.moved) {
      const i = nearest(state, ...at(event), event.pointerType === "mouse" ? NEAR : 2 * NEAR);
      if (event.pointerType === "mouse" && i >= 0 && !state.data.plain) state.tell("opened", i);
      else hover(state, i, ...at(event)); // a finger: the image first, a tap on it opens it
    }
  };
  over.addEventListener("pointerup", release);
  over.addEventListener("pointercancel", release);
  over.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hover(state, -1));
  state.tip.addEventListener("click", () => state.hovered >= 0 && !state.data.plain && state.tell("opened", state.hovered));
  over.addEventListener("wheel", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return; // the page scrolls
    event.preventDefault();
    zoom(state, Math.exp(-event.deltaY / 200), ...at(event));
  }, { passive: false });
  over.addEventListener("dblclick", (event) => zoom(state, 2, ...at(event)));
  stage.addEventListener("keydown", (event) => key(state, event));
  const press = (name, act) => root.querySelector(`.map-${name}`).addEventListener("click", act);
  press("lasso", () => setMode(state, "lasso"));
  press("move", () => setMode(state, "move"));
  press("in", () => zoom(state, 1.6));
  press("out", () => zoom(state, 1 / 1.6));
  press("whole", () => whole(state));
  press("all", () => choose(state, inView(state)));
}

function spread(state) {
  const [[ax, ay], [bx, by]] = [...state.fingers.values()];
  return { distance: Math.hypot(ax - bx, ay - by), middle: [(ax + bx) / 2, (ay + by) / 2] };
}

function pinch(state) {
  const [before, now] = [state.spread, spread(state)];
  state.spread = now;
  const { unit } = sizes(state);
  state.view.x -= (now.middle[0] - before.middle[0]) / unit;
  state.view.y -= (now.middle[1] - before.middle[1]) / unit;
  zoom(state, now.distance / Math.max(1, before.distance), ...now.middle);
}

function zoom(state, by, px, py) {
  const { width, height } = sizes(state);
  const [x, y] = [px ?? width / 2, py ?? height / 2];
  const fixed = toMap(state, x, y);
  state.view.zoom = Math.min(60, Math.max(1, state.view.zoom * by));
  const moved = toMap(state, x, y);
  state.view.x += fixed[0] - moved[0];
  state.view.y += fixed[1] - moved[1];
  keep(state);
  setTouch(state);
  hover(state, -1);
  state.draw();
}

function keep(state) {
  for (const axis of ["x", "y"]) state.view[axis] = Math.min(1, Math.max(0, state.view[axis]));
}

function whole(state) {
  state.view = { x: 0.5, y: 0.5, zoom: 1 };
  setTouch(state);
  hover(state, -1);
  state.draw();
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function key(state, event) {
  if (event.target !== state.stage || event.ctrlKey || event.metaKey || event.altKey) return;
  if (WAYS[event.key]) {
    const step = 0.15 / state.view.zoom;
    state.view.x += step * WAYS[event.key][0];
    state.view.y += step * WAYS[event.key][1];
    keep(state);
    state.draw();
  } else if (event.key === "+" || event.key === "=") zoom(state, 1.6);
  else if (event.key === "-") zoom(state, 1 / 1.6);
  else if (event.key === "0") whole(state);
  else if (event.key === "Enter" && !state.data.plain) choose(state, inView(state));
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function setMode(state, mode) {
  state.mode = mode;
  for (const name of ["lasso", "move"])
    state.root.querySelector(`.map-${name}`).setAttribute("aria-pressed", String(name === mode));
  setTouch(state);
  state.over.style.cursor = mode === "lasso" ? "crosshair" : "grab";
}

// A finger scrolls the page, unless it draws a lasso or the map is enlarged.
function setTouch(state) {
  state.over.style.touchAction = state.mode === "lasso" || state.view.zoom > 1 ? "none" : "pan-y";
}

function inside(state) {
  const found = [];
  for (let i = 0; i < state.group.length; i++) {
    if (isShown(state, i) && isInside(state.path, state.xy[2 * i], state.xy[2 * i + 1])) found.push(i);
  }
  return found;
}

// Whether a line from the point to the right crosses the path an odd number of times.
function isInside(path, x, y) {
  let is = false;
  for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
    const [[ax, ay], [bx, by]] = [path[i], path[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) is = !is;
  }
  return is;
}

function choose(state, found) {
  if (!found.length) {
    state.path = [];
    state.draw();
  }
  state.tell("chosen", found);
}

function legend(state) {
  const { categories } = state.data;
  state.legend.replaceChildren(
    ...categories.map(({ name, rgb: colour, count }, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(state.shown === number));
      const dot = document.createElement("i");
      dot.style.background = rgb(colour);
      button.append(dot, `${name} `, Object.assign(document.createElement("small"), { textContent: count.toLocaleString("en") }));
      button.title = `Show ${name} alone`;
      button.addEventListener("click", () => {
        state.shown = state.shown === number ? null : number;
        state.dirty = true;
        state.path = [];
        [...state.legend.children].forEach((each, i) => each.setAttribute("aria-pressed", String(state.shown === i)));
        state.draw();
      });
      return button;
    }),
  );
}
