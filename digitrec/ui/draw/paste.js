// Gives a pasted picture to the file uploader in the container that `data.container` names; it cannot paste itself.
// What the uploader would refuse within its folded box is refused here: the page says so where it is seen.
export default function ({ data, setTriggerValue }) {
  const take = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const file = files.find((found) => found.type.startsWith("image/")) ?? files[0];
    const input = document.querySelector(`.st-key-${data.container} input[type=file]`);
    if (!file || !input || event.defaultPrevented) return;
    event.preventDefault();
    const ending = file.name.split(".").pop().toLowerCase();
    if (!data.endings.includes(ending) || file.size > data.most) {
      setTriggerValue("refused", { name: file.name, size: file.size });
      return;
    }
    const chosen = new DataTransfer();
    chosen.items.add(file);
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("paste", take);
  return () => document.removeEventListener("paste", take);
}
