// Keep what is being written after a short pause, and put the cursor where the next answer goes.
const PAUSE = 1500;
const FIELDS = ".st-key-answers :is(textarea, input[type=text])";
let last = null;

export default function (component) {
  const [{ place }] = component.data;
  let timer = null;

  // The field of Streamlit takes over what is written on Ctrl+Enter.
  const take = (field) =>
    field.dispatchEvent(
      new KeyboardEvent("keydown", {
        key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true,
      }),
    );
  const later = (field) => {
    clearTimeout(timer);
    timer = setTimeout(() => take(field), PAUSE);
  };
  const written = (event) => {
    if (!event.isComposing && event.target.matches?.(FIELDS)) later(event.target);
  };
  document.addEventListener("input", written);
  document.addEventListener("compositionend", written);
  if (document.activeElement?.matches?.(FIELDS)) later(document.activeElement);

  if (last !== null && last !== place) {
    setTimeout(() => {
      const heading = document.querySelector(".st-key-question :is(h1, h2)");
      heading?.setAttribute("tabindex", "-1");
      (document.querySelector(FIELDS) ?? heading)?.focus({ preventScroll: false });
    }, 150);
  }
  last = place;
  return () => {
    clearTimeout(timer);
    document.removeEventListener("input", written);
    document.removeEventListener("compositionend", written);
  };
}
