// One picture of a network: each layer's maps, the layers from left to right; a map is a button that enlarges it.
// Tab comes to one of them, as there may be a hundred; the arrow keys go from map to map, and from layer to layer.
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".digit-network");
  list.setAttribute("aria-label", data.label);
  const scrolled = list.scrollLeft;
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...data.layers.map((layer, number) => column(layer, number, data, setTriggerValue)));
  list.scrollLeft = scrolled;
  const columns = [...list.children].map((item) => [...item.querySelectorAll("button")]);
  const first = columns.flat().find((each) => each.getAttribute("aria-pressed") === "true") ?? columns[0]?.[0];
  if (first) first.tabIndex = 0;
  if (hadFocus) first?.focus();
  list.onkeydown = (event) => move(event, columns);
}

// The focus, and with it the place where Tab comes to, from one map to another.
function move(event, columns) {
  const from = columns.findIndex((each) => each.includes(event.target));
  if (!WAYS[event.key] || from < 0) return;
  const [across, down] = WAYS[event.key];
  const column = columns[from + across];
  const at = columns[from].indexOf(event.target) + down;
  const next = column?.[Math.min(at, column.length - 1)];
  event.preventDefault();
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function column(layer, number, data, tell) {
  const item = document.createElement("li");
  const title = document.createElement("span");
  title.textContent = layer.title;
  const maps = document.createElement("div");
  maps.append(...layer.maps.map((map) => button(map, number, data, tell)));
  item.append(maps, title);
  return item;
}

function button({ map, src, alt }, number, data, tell) {
  const made = document.createElement("button");
  made.type = "button";
  made.tabIndex = -1;
  made.setAttribute("aria-pressed", String(data.chosen?.[0] === number && data.chosen?.[1] === map));
  const image = Object.assign(document.createElement("img"), { src, alt });
  made.append(image);
  made.addEventListener("click", () => tell("chosen", [number, map]));
  return made;
}
