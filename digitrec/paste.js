// Gives a pasted picture to the file uploader in the container that `data.container` names; it cannot paste itself.
export default function ({ data }) {
  const take = (event) => {
    const picture = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
    const input = document.querySelector(`.st-key-${data.container} input[type=file]`);
    if (!picture || !input || event.defaultPrevented) return;
    event.preventDefault();
    const chosen = new DataTransfer();
    chosen.items.add(picture);
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("paste", take);
  return () => document.removeEventListener("paste", take);
}
