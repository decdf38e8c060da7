// A form builds its buttons once and is shown again with other texts: FORMS names what each needs.
//
// build(view, entry)   puts items and buttons on the screen
// missing(view)        a sentence if the answer is not whole yet, else ""
// refresh(view)        draws what has been chosen
// answer(view)         what the event says beside the outcome
// first(entry)         what is said before anything is chosen

const SKIP_REASONS = ["unclear", "too_hard", "offensive", "language", "broken", "other"];

function formOf(view) {
  return FORMS[view.current.form.kind];
}

function nothingSaid(entry) {
  return { outcome: null, margin: null, aspects: {}, chips: [], reason: "", ...FORMS[entry.form.kind].first(entry) };
}

// One press answers, unless more is asked than that.
function isOnePress({ kind, aspects, chips, sentence }) {
  return ["pair", "thumbs", "triplet"].includes(kind) && !aspects.length && !chips.length && !sentence;
}

function buildForm(view, entry) {
  const { kind } = entry.form;
  const signature = JSON.stringify([entry.form, entry.items.length]);
  if (signature === view.built) return;
  view.built = signature;
  view.actions = new Map();
  const { words } = view.data;
  for (const part of ["tools", "items", "answers", "reasons"]) view.find(part).replaceChildren();
  view.find("tools").hidden = true;
  const prompts = entry.form.compared === "prompts";
  view.find("prompt-title").textContent = prompts ? words.answer : words.prompt;
  FORMS[kind].build(view, entry);
  buildOthers(view, entry.form);
  if (!isOnePress(entry.form)) buildReasons(view, entry.form);
  offerPage(view);
  drawKeys(view);
}

// A button that does something, and the keys that do the same.
function offer(view, slots, label, run, attributes = {}) {
  const button = make("button", { type: "button", ...attributes }, make("span", {}, label));
  for (const slot of slots) button.append(keyHint(slot));
  button.onclick = () => run();
  bind(view, slots, label, run);
  return button;
}

function bind(view, slots, label, run) {
  for (const slot of slots) view.actions.set(slot, { label, run });
}

function offerPage(view) {
  const { words } = view.data;
  bind(view, ["undo"], words.undo, () => undo(view));
  bind(view, ["flag"], words.flag, () => openFlag(view));
}

function canAnswer(view) {
  return view.current !== null && view.paintedAt !== null && !view.awaitingUndo;
}

// Something was chosen: that is the answer, or a part of it.
function settle(view, changes) {
  if (!canAnswer(view)) return;
  Object.assign(view.said, changes);
  if (isOnePress(view.current.form)) answer(view);
  else change(view);
}

function change(view) {
  sayIn(view, "hint", "");
  keepDraft(view);
  refresh(view);
}

function refresh(view) {
  formOf(view).refresh(view);
  refreshReasons(view);
  for (const button of view.root.querySelectorAll("[data-part=pair] [data-outcome]")) {
    if (!isOnePress(view.current.form) && button.dataset.outcome !== "skipped") {
      const { outcome, margin } = view.said;
      pressed(button, button.dataset.outcome === outcome && Number(button.dataset.margin ?? 0) === (margin ?? 0));
    }
  }
}

function pressed(button, on) {
  button.setAttribute("aria-pressed", on);
}

function answer(view) {
  if (!canAnswer(view)) return;
  const missing = formOf(view).missing(view);
  if (missing) {
    sayIn(view, "hint", missing);
    return;
  }
  const { outcome, margin, aspects, chips, reason } = view.said;
  send(view, { outcome, margin, aspects, chips, reason, ...formOf(view).answer(view) });
}

function skip(view, reason) {
  if (canAnswer(view)) send(view, { outcome: "skipped", skip_reason: reason });
}

function send(view, said) {
  const entry = view.current;
  const duration = Math.round(performance.now() - view.paintedAt);
  view.answered.add(entry.id);
  if (!entry.training) view.undoable.push(entry.id);
  view.queue = view.queue.filter((other) => other.id !== entry.id);
  dropDraft(view, entry.id);
  sayIn(view, "problem", "");
  const event = { kind: "answer", presentation: entry.id, skip_reason: null, duration_ms: duration, ...said };
  // The next question is painted before the answer is sent: nobody waits for the network.
  view.current = null;
  if (!entry.training) draw(view);
  const { event: name } = addEvent(view, event);
  if (entry.training) {
    view.awaitingFeedback = name;
    paint(view, null);
  }
  drawStatus(view);
  noteWork(view);
}

// What can be said of every form: that it cannot be ranked, and that somebody does not answer.
function buildOthers(view, form) {
  const { words } = view.data;
  const { kind, outcomes, grades } = form;
  const others = addRow(view, "answers", { role: "group", "aria-label": words.answers });
  if (kind === "pair" && isOnePress(form) && !grades) others.append(...tieButton(view, form, ["tie"]));
  for (const outcome of ["both_bad", "incomparable"]) {
    if (!outcomes.includes(outcome)) continue;
    const run = () => chooseOther(view, outcome);
    const label = outcome === "incomparable" && ["thumbs", "triplet"].includes(kind) ? words.unjudged : words[outcome];
    others.append(offer(view, [outcome], label, run, { "data-outcome": outcome }));
  }
  if (!outcomes.includes("skipped")) return;
  const attributes = { "data-outcome": "skipped", "aria-expanded": "false" };
  others.append(offer(view, ["skip"], `${words.skipped} …`, () => toggleMode(view, "skip"), attributes));
  buildSkipReasons(view, words);
}

// Of a list this alone is an answer, unless reasons are asked for.
function chooseOther(view, outcome) {
  settle(view, { outcome, margin: null });
  const { form } = view.current ?? {};
  if (form && !isOnePress(form) && form.kind !== "pair" && !form.chips.length && !form.sentence) answer(view);
}

function buildSkipReasons(view, words) {
  const reasons = view.find("reasons");
  reasons.setAttribute("aria-label", words.why_skip);
  reasons.replaceChildren(make("span", {}, words.why_skip));
  SKIP_REASONS.forEach((reason, number) => {
    const button = make("button", { type: "button", "data-reason": reason });
    button.append(make("span", {}, words[`skip_${reason}`]), modeHint(button, String(number + 1)));
    button.onclick = () => skip(view, reason);
    reasons.append(button);
  });
}

function addRow(view, part, attributes = {}) {
  const row = make("div", { class: "answers", ...attributes });
  view.find(part).append(row);
  return row;
}

function toggleMode(view, mode) {
  if (view.current === null) return;
  const opens = view.mode !== mode;
  leaveMode(view);
  if (!opens) return;
  view.mode = mode;
  drawMode(view);
  if (mode === "skip") modeButtons(view)[0].focus();
  else sayIn(view, "hint", view.data.words.chips);
}

function leaveMode(view) {
  if (view.mode === null) return;
  const hadFocus = view.find("reasons").contains(view.root.activeElement);
  view.mode = null;
  drawMode(view);
  if (hadFocus) view.find("question").focus({ preventScroll: true });
}

function drawMode(view) {
  view.find("reasons").hidden = view.mode !== "skip";
  view.root.querySelector("[data-outcome=skipped]")?.setAttribute("aria-expanded", view.mode === "skip");
  view.find("chips")?.classList.toggle("active", view.mode === "reasons");
}

function modeButtons(view) {
  const within = view.mode === "skip" ? view.find("reasons") : view.find("chips");
  return [...(within?.querySelectorAll("[data-mode-key]") ?? [])];
}
