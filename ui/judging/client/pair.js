// Two items beside each other: which is better, how much, and in which aspects.

const PAIR = {
  first: () => ({ row: 0 }),
  build: buildPair,
  refresh: refreshPair,
  missing: missingOfPair,
  answer: () => ({}),
};
const ASPECT_KEYS = { left: "left", choice_1: "left", tie: "tie", right: "right", choice_2: "right" };

function buildPair(view, entry) {
  const { form } = entry;
  const { words, interface: { direction } } = view.data;
  const sides = make("div", { class: "sides", dir: "ltr" });
  view.find("items").append(sides);
  ["left", "right"].forEach((side, position) => {
    const name = words[`${side}_${form.compared === "prompts" ? "prompt" : "answer"}`];
    const article = make("article", { "aria-label": name, "data-position": position, dir: direction });
    article.append(make("div", { class: "text", "data-part": side, tabindex: 0, role: "group", "aria-label": name }));
    sides.append(article);
    if (isOnePress(form) && !form.grades) article.append(betterButton(view, side, position, name));
  });
  buildTools(view);
  view.rows = form.aspects_first ? [...form.aspects, ""] : ["", ...form.aspects];
  for (const name of view.rows) {
    if (name) buildAspect(view, name);
    else buildOverall(view, form);
  }
  if (form.aspects.length) bindRows(view, form);
}

function betterButton(view, side, position, name) {
  const { words } = view.data;
  const run = () => chooseOverall(view, side);
  const attributes = { "data-outcome": side, "aria-label": `${words.this_better} (${name})`, class: "primary" };
  const button = offer(view, [side, `choice_${position + 1}`], words[side], run, attributes);
  button.firstChild.textContent = words.this_better;
  return button;
}

function buildOverall(view, form) {
  const { words } = view.data;
  if (isOnePress(form) && !form.grades) return; // each item has its button
  const buttons = addJudged(view, "", words.overall);
  if (form.grades) buttons.classList.add("grades");
  if (!form.aspects.length) buttons.previousSibling.classList.add("unseen");
  buttons.append(...(form.grades ? gradeButtons(view, form) : sideButtons(view, form)));
}

function sideButtons(view, form) {
  const { words } = view.data;
  const [left, right] = ["left", "right"].map((side, position) =>
    offer(view, [side, `choice_${position + 1}`], words[side], () => chooseOverall(view, side), { "data-outcome": side }),
  );
  return [left, ...tieButton(view, form, ["tie"]), right];
}

function tieButton(view, form, slots) {
  if (!form.outcomes.includes("tie")) return [];
  return [offer(view, slots, view.data.words.tie, () => chooseOverall(view, "tie"), { "data-outcome": "tie" })];
}

// From much better on the left to much better on the right; of seven, the middle is the tie.
function gradeButtons(view, form) {
  const { words } = view.data;
  const n = form.grades;
  const grade = (side, margin, number) => {
    const label = words[`${side}_${margin}_of_${n}`];
    const run = () => chooseOverall(view, side, margin);
    return offer(view, [`choice_${number}`], label, run, { "data-outcome": side, "data-margin": margin });
  };
  const middle = n === 3 ? 1 : 0;
  const grades = Array.from({ length: n }, (_, step) => step + 1);
  const left = [...grades].reverse().map((margin, place) => grade("left", margin, place + 1));
  const tie = tieButton(view, form, middle ? ["choice_4", "tie"] : ["tie"]);
  return [...left, ...tie, ...grades.map((margin) => grade("right", margin, n + middle + margin))];
}

// A row with a name, and room for its buttons; left stays left in every language.
function addJudged(view, row, name) {
  const buttons = make("div", { class: "answers", dir: "ltr" });
  const title = make("span", { class: "name", dir: "auto" }, name);
  view.find("answers").append(make("div", { class: "row", role: "group", "aria-label": name, "data-row": row }, title, buttons));
  return buttons;
}

function buildAspect(view, name) {
  const { words } = view.data;
  const buttons = addJudged(view, name, name);
  for (const [side, label] of [["left", words.aspect_left], ["tie", words.tie], ["right", words.aspect_right]]) {
    const button = make("button", { type: "button", "data-aspect": side }, label);
    button.onclick = () => chooseAspect(view, name, side);
    buttons.append(button);
  }
}

// The same keys answer whichever row is marked; up and down mark another one.
function bindRows(view, form) {
  const overall = new Map(view.actions);
  const label = (slot) => overall.get(slot)?.label ?? { left: view.data.words.aspect_left, right: view.data.words.aspect_right }[slot];
  for (const slot of new Set([...Object.keys(ASPECT_KEYS), ...overall.keys()])) {
    bind(view, [slot], label(slot) ?? view.data.words.tie, () => {
      const name = view.rows[view.said.row];
      if (!name) overall.get(slot)?.run();
      else if (slot in ASPECT_KEYS) chooseAspect(view, name, ASPECT_KEYS[slot]);
    });
  }
  bind(view, ["up"], view.data.words.slot_up, () => moveRow(view, -1));
  bind(view, ["down"], view.data.words.slot_down, () => moveRow(view, 1));
}

function chooseOverall(view, outcome, margin = null) {
  if (!canAnswer(view)) return;
  if (view.current.form.aspects_first && lacksAspects(view)) {
    sayIn(view, "hint", view.data.words.need_aspects);
    return;
  }
  settle(view, { outcome, margin, row: nextRow(view, view.rows.indexOf("")) });
}

function chooseAspect(view, name, side) {
  const aspects = { ...view.said.aspects, [name]: side };
  if (canAnswer(view)) view.said.aspects = aspects;
  settle(view, { row: nextRow(view, view.rows.indexOf(name)) });
}

function nextRow(view, row) {
  const open = (number) => (view.rows[number] ? !(view.rows[number] in view.said.aspects) : view.said.outcome === null);
  const after = view.rows.map((_, number) => number).filter((number) => number > row && open(number));
  return after[0] ?? row;
}

function moveRow(view, by) {
  if (!canAnswer(view)) return;
  view.said.row = Math.min(Math.max(view.said.row + by, 0), view.rows.length - 1);
  refresh(view);
}

function refreshPair(view) {
  const several = view.rows.length > 1;
  for (const row of view.root.querySelectorAll("[data-row]")) {
    const name = row.dataset.row;
    const active = several && view.rows[view.said.row] === name;
    row.classList.toggle("active", active);
    if (active) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    for (const button of row.querySelectorAll("[data-aspect]")) {
      pressed(button, view.said.aspects[name] === button.dataset.aspect);
    }
  }
}

function lacksAspects(view) {
  return view.current.form.aspects.some((name) => !(name in view.said.aspects));
}

function missingOfPair(view) {
  const { words } = view.data;
  const { outcome } = view.said;
  if (outcome === null) return words.need_answer;
  return ["left", "right", "tie"].includes(outcome) && lacksAspects(view) ? words.need_aspects : "";
}
