// Why: reasons to tick and one sentence, beside any answer; and the button that sends it all.

const CHIP_KEYS = "1234567890abcdfghijk";

function buildReasons(view, form) {
  const { words } = view.data;
  const part = view.find("answers");
  if (form.chips.length) part.append(chips(view, form.chips));
  if (form.sentence) part.append(sentence(view));
  if (form.sentence) bind(view, ["sentence"], words.slot_sentence, () => view.find("sentence").focus());
  const submit = offer(view, ["submit"], words.submit, () => answer(view), { "data-part": "submit", class: "primary" });
  addRow(view, "answers").append(submit);
}

function chips(view, names) {
  const { words } = view.data;
  const title = make("span", { class: "name" }, words.why, keyHint("reasons"));
  const group = make("div", { class: "row", "data-part": "chips", role: "group", "aria-label": words.why }, title);
  const row = make("div", { class: "answers" });
  names.forEach((name, number) => {
    const button = make("button", { type: "button", "data-chip": name }, make("span", {}, name));
    button.append(modeHint(button, CHIP_KEYS[number]));
    button.onclick = () => toggleChip(view, name);
    row.append(button);
  });
  group.append(row);
  bind(view, ["reasons"], words.slot_reasons, () => toggleMode(view, "reasons"));
  return group;
}

function sentence(view) {
  const { words } = view.data;
  const field = make("textarea", { rows: 2, maxlength: 4000, "data-part": "sentence", dir: "auto" });
  field.oninput = () => {
    view.said.reason = field.value;
    keepDraft(view);
  };
  field.onkeydown = (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") view.find("question").focus({ preventScroll: true });
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    answer(view);
  };
  return make("label", { class: "sentence" }, make("span", {}, words.sentence, keyHint("sentence")), field);
}

function toggleChip(view, name) {
  if (!canAnswer(view)) return;
  const { chips } = view.said;
  view.said.chips = chips.includes(name) ? chips.filter((other) => other !== name) : [...chips, name];
  change(view);
}

function refreshReasons(view) {
  for (const button of view.root.querySelectorAll("[data-chip]")) {
    pressed(button, view.said.chips.includes(button.dataset.chip));
  }
  const field = view.find("sentence");
  if (field && field.value !== view.said.reason) field.value = view.said.reason;
}
