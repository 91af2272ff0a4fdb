// Draws the report's figures in the colours of the page, and again when the reader's machine turns light or dark.
const figures = [...document.querySelectorAll(".figure")].map((place) => {
  const data = place.querySelector("script");
  const figure = JSON.parse(data.textContent);
  data.remove();
  return { place, figure };
});

function draw() {
  const colour = getComputedStyle(document.body).color;
  const axis = { automargin: true, gridcolor: "rgba(128, 128, 128, 0.25)", zeroline: false, title: { standoff: 12 } };
  for (const { place, figure } of figures) {
    const font = { ...figure.layout.font, color: colour, family: getComputedStyle(document.body).fontFamily };
    const template = { layout: { xaxis: axis, yaxis: axis } };
    const layout = { ...figure.layout, font, template, autosize: true };
    Plotly.react(place, figure.data, layout, { displayModeBar: false, responsive: true });
  }
}

draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
