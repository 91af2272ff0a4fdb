// A click on the page gives it the focus, and the next key would frame it. The frame is for people who use Tab.
const page = document.documentElement;
document.addEventListener("pointerdown", () => { page.dataset.goes = "pointer"; }, true);
document.addEventListener("keydown", (event) => { if (event.key === "Tab") delete page.dataset.goes; }, true);
