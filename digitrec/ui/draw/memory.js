// Keeps the drawing and the last ones in the browser's storage of this tab, so that they survive a reload.
// They never leave this machine: the page's own server sent them here, and gets them back.
const STORE = "digitrec-drawings";

export default function ({ data, setTriggerValue }) {
  try {
    if (data.fresh) {
      const kept = sessionStorage.getItem(STORE);
      if (kept) setTriggerValue("restored", JSON.parse(kept));
    } else {
      sessionStorage.setItem(STORE, JSON.stringify(data.drawings));
    }
  } catch {
    // The browser keeps nothing, or not so much: then a reload begins anew.
  }
}
