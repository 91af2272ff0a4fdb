// Gives a pasted picture to the file uploader in the container that `data.container` names; it cannot paste itself.
// A file that the uploader would refuse, pasted, dropped or chosen, is reported: the page says why where the answer
// would be. The uploader sends nothing of such a file, so that the old answer would stay.
export default function ({ data, setTriggerValue }) {
  const uploader = () => document.querySelector(`.st-key-${data.container}`);
  const isFit = (file) => {
    const ending = file.name.split(".").pop().toLowerCase();
    return data.endings.includes(ending) && file.size <= data.most;
  };
  const report = (file) => setTriggerValue("refused", { name: file.name, size: file.size });
  const paste = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const file = files.find((found) => found.type.startsWith("image/")) ?? files[0];
    const input = uploader()?.querySelector("input[type=file]");
    if (!file || !input || event.defaultPrevented) return;
    event.preventDefault();
    if (!isFit(file)) return report(file);
    const chosen = new DataTransfer();
    chosen.items.add(file);
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const give = (event) => {
    if (!uploader()?.contains(event.target)) return;
    const [file] = event.dataTransfer?.files ?? event.target.files ?? [];
    if (file && !isFit(file)) report(file);
  };
  document.addEventListener("paste", paste);
  const given = ["drop", "change"]; // seen before the uploader takes or refuses them
  for (const name of given) document.addEventListener(name, give, true);
  return () => {
    document.removeEventListener("paste", paste);
    for (const name of given) document.removeEventListener(name, give, true);
  };
}
