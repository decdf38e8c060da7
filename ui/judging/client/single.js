// One item with a thumb up or down, and three of which two are closer.

const THUMBS = {
  first: () => ({}),
  build: buildThumbs,
  refresh: () => {},
  missing: missingChoice,
  answer: () => ({}),
};

const TRIPLET = {
  first: () => ({ closest: null }),
  build: buildTriplet,
  refresh: refreshTriplet,
  missing: missingChoice,
  answer: ({ said }) => (said.outcome === "answered" ? { said: { closest: said.closest } } : {}),
};

function missingChoice(view) {
  return view.said.outcome === null ? view.data.words.need_answer : "";
}

function buildThumbs(view, { form }) {
  const { words } = view.data;
  const name = form.compared === "prompts" ? words.only_prompt : words.only_answer;
  const article = make("article", { "aria-label": name, "data-position": 0 });
  article.append(make("div", { class: "text", tabindex: 0, role: "group", "aria-label": name }));
  view.find("items").append(article);
  const row = addRow(view, "answers", { role: "group", "aria-label": words.overall });
  ["up", "down"].forEach((outcome, number) => {
    const run = () => settle(view, { outcome });
    const attributes = { "data-outcome": outcome, class: "primary" };
    row.append(offer(view, [outcome, `choice_${number + 1}`], words[outcome], run, attributes));
  });
}

function buildTriplet(view, entry) {
  const { words } = view.data;
  buildCards(view, entry, () => []);
  const row = addRow(view, "answers", { role: "group", "aria-label": words.overall });
  [[0, 1], [0, 2], [1, 2]].forEach((closest, number) => {
    const [one, other] = closest.map((position) => itemName(view, position));
    const label = words.closer.replace("{one}", one).replace("{other}", other);
    const run = () => settle(view, { outcome: "answered", closest });
    row.append(offer(view, [`choice_${number + 1}`], label, run, { "data-closest": closest.join(), class: "primary" }));
  });
}

function refreshTriplet(view) {
  if (isOnePress(view.current.form)) return;
  for (const button of view.root.querySelectorAll("[data-closest]")) {
    pressed(button, view.said.outcome === "answered" && button.dataset.closest === view.said.closest?.join());
  }
}
