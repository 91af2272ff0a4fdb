// Brings the place where it stands into view, once for each new token, if a person cannot see it: on a phone, what
// was chosen above stands far below.
const shown = new Map();
const LOOKS = [200, 600, 1200, 2000]; // milliseconds after the choice: what stands above may not have its height yet

export default function ({ data, parentElement }) {
  if (!data.token || shown.get(data.key) === data.token) return;
  shown.set(data.key, data.token);
  const host = parentElement.host ?? parentElement;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  const looks = LOOKS.map((after) =>
    setTimeout(() => {
      const { top } = host.getBoundingClientRect();
      if (top < 0 || top > innerHeight * 0.6) host.scrollIntoView({ block: "start", behavior });
    }, after),
  );
  const stop = () => looks.forEach(clearTimeout); // a person who scrolls knows where to go
  for (const name of ["touchstart", "wheel", "keydown"]) addEventListener(name, stop, { once: true, passive: true });
}
