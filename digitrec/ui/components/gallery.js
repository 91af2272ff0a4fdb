// A gallery of images that are buttons: a click, or Enter, tells the server the chosen one's value.
export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".digit-gallery");
  list.style.setProperty("--side", `${data.side}px`);
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.images.map((shown) => choice(shown, data, setTriggerValue)));
}

function choice({ value, src, caption, alt, mark }, { side, hint }, tell) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.title = hint;
  const image = document.createElement("img");
  Object.assign(image, { src, alt, width: side, height: side });
  const words = document.createElement("span");
  words.textContent = caption;
  button.append(image, ...(caption ? [words] : []));
  if (mark) button.className = "marked";
  button.addEventListener("click", () => tell("chosen", value));
  item.append(button);
  return item;
}
