// Checks readings by the keyboard. What a person says is shown at once and sent with a number; it is sent again until
// the server has said that it is stored, so that fast keys lose nothing.
const states = new WeakMap(); // by the element: what a person has said, while it is shown
const MOVES = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
const PAST = 4; // checked fields that stay in the list
const KINDS = { e: "empty", n: "notes", s: "struck out", t: "stain" };
const KIND_WORDS = { empty: "empty", notes: "notes", "struck out": "struck out", stain: "stain", marked: "marked as wrong" };

let tabbed = false; // whether a person has gone by the Tab key to where the focus is

document.addEventListener("keydown", (event) => { if (event.key === "Tab") tabbed = true; }, true);
document.addEventListener("pointerdown", () => { tabbed = false; }, true);

export default function ({ data, parentElement, setStateValue }) {
  let state = states.get(parentElement);
  if (!state) {
    state = { root: parentElement.querySelector(".checker"), pending: [], said: new Map(), past: [], at: null, typed: "" };
    state.key = (event) => onKey(state, event);
    states.set(parentElement, state);
  }
  state.tell = setStateValue;
  take(state, data);
  document.addEventListener("keydown", state.key, true); // before a control that has the focus
  return () => document.removeEventListener("keydown", state.key, true);
}

function take(state, data) {
  const before = state.data;
  if (before && before.name !== data.name) Object.assign(state, { pending: [], past: [], at: null, typed: "" }), state.said.clear();
  state.data = data;
  state.number = Math.max(state.number ?? 0, data.seen);
  state.pending = state.pending.filter((row) => row.number > data.seen);
  const waiting = new Set(state.pending.flatMap((row) => row.ids ?? []));
  for (const id of [...state.said.keys()]) if (!waiting.has(id)) state.said.delete(id);
  if (data.focus !== null && data.focusNumber !== state.focusNumber) {
    state.at = data.focus;
    state.past = state.past.filter((item) => item.id !== data.focus);
  }
  state.focusNumber = data.focusNumber;
  if (data.mode === "side") state.past = [];
  const shown = list(state);
  if (!shown.some((item) => item.id === state.at)) state.at = nextOpen(state)?.id ?? null;
  draw(state);
}

// The fields that are shown: some that were just checked, and those that come.
function list(state) {
  const coming = new Set(state.data.items.map((item) => item.id));
  return [...state.past.filter((item) => !coming.has(item.id)), ...state.data.items];
}

const current = (state) => list(state).find((item) => item.id === state.at);
const isOpen = (state, item) => !state.said.has(item.id) && !state.past.some((each) => each.id === item.id);

function nextOpen(state) {
  const items = list(state), at = items.findIndex((item) => item.id === state.at);
  return items.slice(at + 1).find((item) => isOpen(state, item)) ?? items.find((item) => isOpen(state, item));
}

// --- what a person says ---

function send(state, row) {
  if (state.data.locked) return;
  state.pending.push({ number: ++state.number, ...row });
  state.tell("sent", { name: state.data.name, rows: state.pending });
}

function say(state, item, kind, text) {
  if (!item || state.data.locked) return;
  state.said.set(item.id, { kind, text });
  send(state, { ids: [item.id], kind, text });
  state.typed = "";
  if (state.data.mode === "side") {
    if (kind !== "marked" && text !== item.text) move(state, 1);
    draw(state);
    return;
  }
  const next = nextOpen(state);
  state.past = [...state.past.filter((each) => each.id !== item.id), { ...item, said: { kind, text } }].slice(-PAST);
  state.at = next?.id ?? null;
  draw(state);
}

function confirmReading(state, item) {
  if (item?.many && state.typed) say(state, item, item.textKind, state.typed);
  else if (item) {
    const said = item.said ?? { kind: item.kind, text: item.text };
    say(state, item, said.kind === "marked" ? item.kind : said.kind, said.kind === "marked" ? item.text : said.text);
  }
}

function confirmPage(state) {
  const ids = state.data.items.map((item) => item.id);
  if (!ids.length) return;
  for (const item of state.data.items) if (!state.said.has(item.id)) state.said.set(item.id, { kind: item.kind, text: item.text });
  send(state, { ids, page: true });
  draw(state);
}

function undo(state) {
  state.typed = "";
  send(state, { undo: true });
}

function move(state, step) {
  const items = list(state), at = items.findIndex((item) => item.id === state.at);
  const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
  if (next) state.at = next.id;
  state.typed = "";
}

function onKey(state, event) {
  if (!state.root.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.composedPath()[0];
  if (target.closest?.("input, textarea, select, [contenteditable=true], [role=listbox], [role=dialog]")) return;
  const inside = state.root.contains(target);
  // After a click on a view, the focus may be on any of the views: keys are for the readings, as nobody went there by Tab.
  const view = !inside && target.closest?.("[role=radio], [role=radiogroup]");
  const isChosen = view && event.key === "Enter" && !event.repeat && view.getAttribute("aria-checked") === "true";
  const isOurs = view && (!tabbed || isChosen);
  const isPressed = !inside && !isOurs && target.closest?.("button, a, summary, [role=tab], [role=radio]");
  if (isPressed && ["Enter", " "].includes(event.key)) return;
  if (!inside && !isOurs && target.closest?.("[role=radiogroup], [role=tablist], [role=slider]") && event.key in MOVES) return;
  if (!act(state, event.key, target)) return;
  event.preventDefault();
  if (isOurs) event.stopPropagation();
}

function act(state, key, target) {
  const item = current(state), side = state.data.mode === "side", low = key.toLowerCase();
  if (key in MOVES) {
    const across = side && ["ArrowUp", "ArrowDown"].includes(key) ? columns(state) : 1;
    move(state, MOVES[key] * across);
    draw(state);
    state.root.querySelector("[data-at]")?.focus({ preventScroll: false });
    return true;
  }
  if (key === "Enter") {
    if (target?.closest?.("button[data-act]")) return false; // it is pressed
    side ? confirmPage(state) : confirmReading(state, item);
    return true;
  }
  if (state.data.letters ? key === "Backspace" && !state.typed : low === "u") return undo(state), true;
  if (!item) return false;
  if (item.many && (/^\d$/.test(key) || [".", ",", "-"].includes(key))) return (state.typed += key), draw(state), true;
  if (item.many && key === "Backspace") return (state.typed = state.typed.slice(0, -1)), draw(state), true;
  if (!item.many && state.data.classes.includes(key)) return say(state, item, "digit", key), true;
  if (side && (key === " " || low === "x")) return toggle(state, item), true;
  if (state.data.letters) return key === "Delete" && (say(state, item, "empty", ""), true);
  if (item.textKind === "tick" && low === "x") return say(state, item, "tick", "x"), true;
  if (low in KINDS) return say(state, item, KINDS[low], ""), true;
  if (low === "m" && item.mends.length) return say(state, item, item.textKind, item.mends[0]), true;
  return false;
}

function toggle(state, item) {
  const marked = (state.said.get(item.id) ?? item.said)?.kind === "marked";
  marked ? say(state, item, item.kind, item.text) : say(state, item, "marked", "");
}

function columns(state) {
  const cells = [...state.root.querySelectorAll(".checker-wall button")];
  return Math.max(1, cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length);
}

// --- what is shown ---

function make(tag, className, text, more = {}) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return Object.assign(element, more);
}

function button(label, key, run, className = "") {
  const made = make("button", className, label, { type: "button" });
  made.dataset.act = label;
  if (key) made.append(make("kbd", "", key));
  made.addEventListener("click", run);
  return made;
}

function words(said) {
  return said.text || KIND_WORDS[said.kind] || said.kind;
}

function draw(state) {
  const held = state.root.contains(document.activeElement) || state.root.getRootNode().activeElement;
  const wasAct = state.root.getRootNode().activeElement?.dataset?.act;
  state.root.replaceChildren(...(state.data.mode === "side" ? drawWall(state) : drawQueue(state)));
  if (held && state.root.contains(document.activeElement) === false) {
    const again = [...state.root.querySelectorAll("button[data-act]")].find((each) => each.dataset.act === wasAct);
    (again ?? state.root.querySelector("[data-at]"))?.focus({ preventScroll: true });
  }
}

function drawQueue(state) {
  const item = current(state);
  if (!item) return [make("p", "checker-done", state.pending.length ? "Storing ..." : state.data.nothing)];
  const card = make("div", "checker-card");
  const figure = make("figure");
  const image = make("img", "", undefined, { src: item.src, alt: `${item.title}, as it is on the page` });
  const box = make("i");
  const [left, top, right, bottom] = item.inset;
  Object.assign(box.style, { left: `${left}%`, top: `${top}%`, right: `${right}%`, bottom: `${bottom}%` });
  const frame = make("div");
  frame.append(image, box);
  figure.append(frame, make("figcaption", "", item.title));
  const side = make("div", "checker-side");
  const said = state.said.get(item.id) ?? item.said;
  const value = make("p", "checker-value");
  value.setAttribute("aria-live", "polite");
  const marked = said?.kind === "marked", shown = said && !marked ? said : item;
  value.append(make("span", "", marked ? "Wrong:" : said ? "You said" : item.cause === "random" ? "Read as, sure" : "Read as"));
  value.append(make("strong", "", state.typed || words(shown)));
  if (state.typed) value.append(make("span", "", "Enter stores it"));
  else if (!said && item.confidence) value.append(make("span", "", item.confidence));
  side.append(value, make("p", "checker-why", item.why));
  side.append(buttons(state, item));
  card.append(figure, side);
  return [card, strip(state)];
}

function buttons(state, item) {
  const all = make("div", "checker-buttons");
  if (state.data.locked) return all;
  all.append(button("Right", "Enter", () => confirmReading(state, item), "main"));
  for (const [at, text] of item.mends.entries()) all.append(button(`It is ${text}`, at ? "" : "M", () => say(state, item, item.textKind, text), "mend"));
  const digits = make("div", "checker-digits");
  if (item.many) {
    for (const sign of [..."0123456789.-"]) digits.append(button(sign, "", () => act(state, sign)));
    digits.append(button("⌫", "", () => act(state, "Backspace")));
  } else if (item.textKind === "tick") digits.append(button("Ticked", "X", () => say(state, item, "tick", "x")));
  else for (const name of state.data.classes) digits.append(button(name, "", () => say(state, item, "digit", name)));
  const other = make("div", "checker-digits");
  for (const [key, kind] of Object.entries(KINDS)) {
    const label = kind[0].toUpperCase() + kind.slice(1), shown = state.data.letters ? (key === "e" ? "Del" : "") : key.toUpperCase();
    other.append(button(label, shown, () => say(state, item, kind, "")));
  }
  other.append(button("Undo", state.data.letters ? "⌫" : "U", () => undo(state)));
  all.append(digits, other);
  return all;
}

function strip(state) {
  const items = make("ol", "checker-strip");
  items.setAttribute("aria-label", "The fields before and after it");
  for (const item of list(state)) {
    const entry = make("li");
    const choose = make("button", "", undefined, { type: "button", title: item.title });
    const said = state.said.get(item.id) ?? item.said;
    choose.append(make("img", "", undefined, { src: item.src, alt: `${item.title}: ${words(said ?? item)}` }), make("span", "", words(said?.kind === "marked" ? item : said ?? item)));
    choose.className = said && said.kind !== "marked" ? "done" : "";
    if (item.id === state.at) choose.setAttribute("aria-current", "true"), (choose.dataset.at = "");
    choose.addEventListener("click", () => ((state.at = item.id), (state.typed = ""), draw(state)));
    entry.append(choose);
    items.append(entry);
  }
  return items;
}

function drawWall(state) {
  const items = state.data.items;
  if (!items.length) return [make("p", "checker-done", state.data.nothing)];
  const wall = make("ul", "checker-wall");
  wall.setAttribute("aria-label", state.data.label);
  for (const item of items) {
    const said = state.said.get(item.id) ?? item.said;
    const entry = make("li");
    const cell = make("button", said?.kind === "marked" ? "marked" : said && words(said) !== words(item) ? "changed" : said ? "done" : "", undefined, { type: "button" });
    cell.title = `${item.title}. ${item.why}`.trim();
    cell.append(make("img", "", undefined, { src: item.src, alt: `${item.title}: ${words(said ?? item)}` }));
    if (said && words(said) !== words(item)) cell.append(make("span", "", said.kind === "marked" ? "wrong" : words(said)));
    if (item.id === state.at) cell.dataset.at = "", (cell.tabIndex = 0);
    else cell.tabIndex = -1;
    cell.disabled = state.data.locked;
    cell.addEventListener("click", (event) => {
      state.at = item.id;
      if (event.detail || event.pointerType) toggle(state, item);
    });
    entry.append(cell);
    wall.append(entry);
  }
  const all = make("div", "checker-buttons");
  if (!state.data.locked) {
    all.append(button("All others are right", "Enter", () => confirmPage(state), "main"), button("Undo", "U", () => undo(state)));
  }
  return [wall, all];
}
