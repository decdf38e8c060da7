// Around the question: notes to the admins, keys, the own report, breaks.

function wirePage(view) {
  const on = (part, act) => (view.find(part).onclick = () => act(view));
  on("undo", undo);
  on("flag", openFlag);
  on("report", openReport);
  on("keys", openKeys);
  on("rest-close", closeRest);
  on("feedback-close", closeFeedback);
  for (const name of ["flag", "keys", "report"]) {
    const dialog = view.find(`${name}-dialog`);
    const close = view.find(`${name}-close`) ?? view.find(`${name}-cancel`);
    close.onclick = () => dialog.close();
  }
  view.find("flag-dialog").querySelector("form").onsubmit = () => sendFlag(view);
  wireKeys(view);
}

function openFlag(view) {
  if (view.current === null) return;
  view.find("flag-dialog").dataset.about = view.current.id;
  view.find("flag-note").value = "";
  view.find("flag-dialog").showModal();
}

function sendFlag(view) {
  const note = view.find("flag-note").value.trim();
  if (!note) return;
  addEvent(view, { kind: "flag", presentation: view.find("flag-dialog").dataset.about, note });
  view.find("announcement").textContent = view.data.words.flag_sent;
  drawStatus(view);
}

function openReport(view) {
  view.find("report-lines").replaceChildren(make("dt", {}, view.data.words.waiting));
  view.find("report-dialog").showModal();
  addEvent(view, { kind: "report" });
}

// Keys: which does what, and whether any does.

function wireKeys(view) {
  const dialog = view.find("keys-dialog");
  dialog.addEventListener("keydown", (event) => captureKey(view, event));
  dialog.addEventListener("close", () => (view.capturing = null));
  view.find("keys-on").onchange = () => {
    view.data.single_keys = view.find("keys-on").checked;
    prefer(view, { single_keys: view.data.single_keys });
    drawKeys(view);
  };
  view.find("keys-reset").onclick = () => {
    prefer(view, { keys: {} });
    view.find("keys-hint").textContent = view.data.words.waiting;
  };
}

function prefer(view, content) {
  addEvent(view, { kind: "preferences", content });
}

function openKeys(view) {
  view.find("keys-dialog").showModal();
  drawKeysDialog(view);
}

function drawKeysDialog(view) {
  const { keys, single_keys: on, words } = view.data;
  view.find("keys-on").checked = on;
  view.find("keys-hint").textContent = view.capturing ? words.keys_press : "";
  const focused = view.root.activeElement?.dataset.change;
  const lines = Object.keys(keys).map((slot) => {
    const button = make("button", { type: "button", "data-change": slot, "aria-pressed": slot === view.capturing });
    button.append(make("span", {}, slotName(view, slot)), ...keys[slot].map((key) => make("kbd", {}, keyLabel(key))));
    button.onclick = () => {
      view.capturing = slot;
      drawKeysDialog(view);
    };
    return make("li", {}, button);
  });
  view.find("keys-list").replaceChildren(...lines);
  if (focused) view.root.querySelector(`[data-change="${focused}"]`).focus();
}

function slotName(view, slot) {
  const { words } = view.data;
  const [choice, n] = slot.split("_");
  if (choice === "choice") return words.slot_choice.replace("{n}", n);
  return words[`slot_${slot}`] ?? words[slot === "skip" ? "skipped" : slot];
}

function captureKey(view, event) {
  const slot = view.capturing;
  if (slot === null || MODIFIERS.has(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  view.capturing = null;
  const key = nameOfKey(event);
  const problem = key === "Escape" ? "" : takeKey(view, slot, key);
  drawKeysDialog(view);
  view.find("keys-hint").textContent = problem;
}

// Gives a slot its key, or says why not.
function takeKey(view, slot, key) {
  const { words, keys } = view.data;
  const name = key === " " ? words.key_space : keyLabel(key);
  if (RESERVED_KEYS.has(key)) return words.keys_reserved.replace("{key}", name);
  const owner = slotOf(view, key);
  if (owner && owner !== slot) return words.keys_taken.replace("{key}", name).replace("{other}", slotName(view, owner));
  view.data.keys = { ...keys, [slot]: [key] };
  prefer(view, { keys: view.data.keys });
  drawKeys(view);
  return "";
}

// Breaks: after so many minutes without a pause one is suggested, and nothing more.

const PAUSE_MS = 5 * 60_000;

function noteWork(view) {
  const { minutes, sentence } = view.data.rest;
  if (!minutes) return;
  const key = `discern work|${view.data.person}`;
  const now = Date.now();
  const spell = stored(() => JSON.parse(sessionStorage.getItem(key)), null);
  const began = spell !== null && now - spell.last < PAUSE_MS ? spell.began : now;
  const long = now - began >= minutes * 60_000;
  stored(() => sessionStorage.setItem(key, JSON.stringify({ began: long ? now : began, last: now })));
  if (!long) return;
  view.find("rest-sentence").textContent = sentence;
  view.find("rest").hidden = false;
}

function closeRest(view) {
  view.find("rest").hidden = true;
}
