// Keys and clicks of the Draw page that its widgets do not hear.
//
// - Ctrl+Z, Ctrl+Y (or Ctrl+Shift+Z) and Esc press the buttons below the paper, a digit asks for a sample of it.
//   In a field, a list or a dialog the keys keep their own meaning.
// - A click on the bar of a class chooses that class.
export default function ({ data, setTriggerValue }) {
  const press = (name) => {
    const button = document.querySelector(`.st-key-${data.canvas}-${name} button`);
    if (button && !button.disabled) button.click();
    return Boolean(button);
  };
  const isBusy = (target) =>
    target?.closest?.("input:not([type=range]):not([type=radio]), textarea, select, [contenteditable], [role=dialog], " +
      "[role=listbox], [role=combobox], [role=menu]") || document.querySelector("[role=dialog], [role=listbox]");
  const hear = (event) => {
    if (event.defaultPrevented || event.altKey || isBusy(event.target)) return;
    const key = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    let taken = false;
    if (control && key === "z") taken = press(event.shiftKey ? "Redo" : "Undo");
    else if (control && key === "y") taken = press("Redo");
    else if (!control && key === "escape") taken = press("Clear");
    else if (!control && data.names.includes(event.key) && !event.repeat) {
      setTriggerValue("sample", event.key);
      taken = true;
    }
    if (taken) event.preventDefault();
  };
  const choose = (event) => {
    const bar = event.target.closest?.(".digit-bars.choose button[data-class]");
    if (bar) setTriggerValue("chosen", Number(bar.dataset.class));
  };
  document.addEventListener("keydown", hear);
  document.addEventListener("click", choose);
  return () => {
    document.removeEventListener("keydown", hear);
    document.removeEventListener("click", choose);
  };
}
