// One picture of a network: each layer's maps, the layers from left to right; a map is a button that enlarges it.
export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".digit-network");
  list.setAttribute("aria-label", data.label);
  const scrolled = list.scrollLeft;
  list.replaceChildren(...data.layers.map((layer, number) => column(layer, number, data, setTriggerValue)));
  list.scrollLeft = scrolled;
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
  made.setAttribute("aria-pressed", String(data.chosen?.[0] === number && data.chosen?.[1] === map));
  const image = Object.assign(document.createElement("img"), { src, alt });
  made.append(image);
  made.addEventListener("click", () => tell("chosen", [number, map]));
  return made;
}
