// Shows the pictures of a change one after the other: a slider to step through them, and a button that plays them.
// It plays once by itself, unless the person's settings ask for less motion.
const STEP = 700; // milliseconds

export default function ({ data, parentElement }) {
  const film = parentElement.querySelector(".digit-film");
  const [image, slider, button, words] = ["img", "input", "button", "output"].map((tag) => film.querySelector(tag));
  const last = data.frames.length - 1;
  clearInterval(film.timer);
  const show = (at) => {
    const { src, caption } = data.frames[at];
    Object.assign(image, { src, alt: caption });
    slider.value = at;
    slider.setAttribute("aria-valuetext", caption);
    words.textContent = caption;
  };
  const play = () => {
    clearInterval(film.timer);
    let at = 0;
    show(at);
    film.timer = setInterval(() => {
      at += 1;
      show(at);
      if (at >= last) clearInterval(film.timer);
    }, STEP);
  };
  Object.assign(slider, { min: 0, max: last, step: 1 });
  slider.setAttribute("aria-label", data.label);
  slider.oninput = () => {
    clearInterval(film.timer);
    show(Number(slider.value));
  };
  button.onclick = play;
  if (film.dataset.shown !== data.frames[last].src) {
    film.dataset.shown = data.frames[last].src;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) show(last);
    else play();
  }
  return () => clearInterval(film.timer);
}
