// Single keys. Which key does what comes from the server: `data.keys` names the keys of each slot,
// and the form binds the slots that it uses. Whatever is not bound does nothing.

const KEY_NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Enter: "⏎", Backspace: "⌫" };
const RESERVED_KEYS = new Set(["Tab", "Escape", " "]);
const MODIFIERS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "Dead", "Process", "Unidentified"]);

function nameOfKey(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

function keyLabel(key) {
  return KEY_NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

function keyHint(slot) {
  return make("kbd", { "data-slot": slot, "aria-hidden": "true" });
}

function modeHint(button, key) {
  button.dataset.modeKey = key;
  return make("kbd", { "aria-hidden": "true" }, key.toUpperCase());
}

function press(view, event) {
  if (!view.root.isConnected) { // closed first, and taken off the page after that
    forgetView(view);
    return;
  }
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (view.data === null || isTyping(event) || view.root.querySelector("dialog[open]")) return;
  const key = nameOfKey(event);
  if (key === "Escape") leave(view);
  if (!view.data.single_keys || belongsToFocus(event, key)) return;
  const run = view.mode === null ? actionOf(view, key) : modeActionOf(view, key);
  if (!run) return;
  event.preventDefault();
  run();
}

function leave(view) {
  if (view.mode !== null) leaveMode(view);
  else if (!view.find("rest").hidden) closeRest(view);
}

function slotOf(view, key) {
  return Object.keys(view.data.keys).find((slot) => view.data.keys[slot].includes(key));
}

function actionOf(view, key) {
  const slot = slotOf(view, key);
  if (view.feedback) return slot === "submit" ? () => closeFeedback(view) : null;
  return view.actions.get(slot)?.run;
}

// While reasons are chosen, other keys do nothing.
function modeActionOf(view, key) {
  const button = modeButtons(view).find((other) => other.dataset.modeKey === key);
  if (button) return () => button.click();
  const slot = slotOf(view, key);
  if (slot === view.mode) return () => leaveMode(view);
  if (slot === "submit" && view.mode === "reasons") return () => answer(view);
  return null;
}

function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  const role = target.getAttribute("role");
  return (
    target.matches("input, textarea, select, audio, [contenteditable=true]") ||
    ["combobox", "listbox", "option", "slider", "tab", "menuitem", "radio", "textbox"].includes(role)
  );
}

// Enter on a button presses it; up and down in a long text scroll it.
function belongsToFocus(event, key) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (key === "Enter") return target.matches("button, a, summary");
  const scrolls = target.matches(".text, .text *") && target.closest(".text");
  return ["ArrowUp", "ArrowDown"].includes(key) && scrolls && scrolls.scrollHeight > scrolls.clientHeight;
}

// The keys on all buttons, and the legend of those that the form uses.
function drawKeys(view) {
  const { keys, single_keys: on } = view.data;
  view.find("view").classList.toggle("without-keys", !on);
  for (const hint of view.root.querySelectorAll("kbd[data-slot]")) {
    hint.textContent = keyLabel(keys[hint.dataset.slot][0]);
  }
  for (const button of view.root.querySelectorAll("button:has(kbd[data-slot])")) {
    const slots = [...button.querySelectorAll("kbd[data-slot]")].map((hint) => hint.dataset.slot);
    const pressed = slots.flatMap((slot) => keys[slot]);
    if (on) button.setAttribute("aria-keyshortcuts", pressed.map((key) => (key === " " ? "Space" : key)).join(" "));
    else button.removeAttribute("aria-keyshortcuts");
  }
  drawLegend(view);
}

function drawLegend(view) {
  const byLabel = new Map();
  for (const [slot, { label }] of view.actions) {
    byLabel.set(label, [...(byLabel.get(label) ?? []), ...view.data.keys[slot]]);
  }
  const lines = [...byLabel].map(([label, keys]) => {
    const hints = keys.map((key) => make("kbd", {}, keyLabel(key)));
    return make("div", {}, make("dt", {}, ...hints), make("dd", {}, label));
  });
  view.find("legend-keys").replaceChildren(...(view.data.single_keys ? lines : []));
}
