// Several items: their order, the best and the worst, or the best few.

const LISTED = { outcome: "answered" };

const RANKING = {
  first: () => ({ ...LISTED, order: [], active: null }),
  build: buildRanking,
  refresh: refreshRanking,
  missing: ({ said, data }) => (isListed(said) && !said.order.length ? data.words.need_place : ""),
  answer: ({ said, current }) => {
    const placed = said.order.flat();
    const rest = current.items.map((_, position) => position).filter((position) => !placed.includes(position));
    return isListed(said) ? { said: { order: said.order, rest } } : {};
  },
};

const BEST_WORST = {
  first: () => ({ ...LISTED, best: null, worst: null }),
  build: buildBestWorst,
  refresh: refreshBestWorst,
  missing: ({ said, data }) =>
    isListed(said) && (said.best === null || said.worst === null) ? data.words.need_best_worst : "",
  answer: ({ said }) => (isListed(said) ? { said: { best: said.best, worst: said.worst } } : {}),
};

const BEST_FEW = {
  first: () => ({ ...LISTED, picked: [] }),
  build: buildBestFew,
  refresh: refreshBestFew,
  missing: (view) => (isListed(view.said) && view.said.picked.length !== view.current.form.picks ? needPicks(view) : ""),
  answer: ({ said }) => (isListed(said) ? { said: { picked: said.picked } } : {}),
};

function isListed(said) {
  return said.outcome === "answered";
}

function itemName(view, position) {
  return view.data.words.item.replace("{n}", position + 1);
}

function buildCards(view, entry, buttonsOf) {
  const cards = make("div", { class: "cards" });
  view.find("items").append(cards);
  entry.items.forEach((_, position) => {
    const name = itemName(view, position);
    const card = make("article", { class: "card", "aria-label": name, "data-position": position });
    card.append(make("h2", {}, name), make("div", { class: "text", tabindex: 0, role: "group", "aria-label": name }));
    card.append(make("div", { class: "answers" }, ...buttonsOf(position, name)));
    cards.append(card);
  });
}

// Ranking. An order is a list of places, best first; a place is a list of positions.

function buildRanking(view, entry) {
  const { words } = view.data;
  const small = (label, text, run) => {
    const button = make("button", { type: "button", "aria-label": label, title: label, class: "small" }, text);
    button.onclick = run;
    return button;
  };
  buildCards(view, entry, (position, name) => {
    const act = (how) => () => reorder(view, position, how);
    const place = offer(view, [`choice_${position + 1}`], name, act(toggled), { "data-rank": position, class: "primary rank" });
    const moves = [[words.move_up, "↑", movedUp], [words.move_down, "↓", movedDown], [words.join, "=", joined]];
    return [place, ...moves.map(([label, sign, how]) => small(`${label} (${name})`, sign, act(how)))];
  });
  view.find("answers").append(make("p", { "data-part": "order", role: "status" }));
  const active = (how) => () => view.said.active !== null && reorder(view, view.said.active, how);
  bind(view, ["up"], words.move_up, active(movedUp));
  bind(view, ["down"], words.move_down, active(movedDown));
  bind(view, ["tie"], words.join, active(joined));
}

function reorder(view, position, how) {
  if (!canAnswer(view)) return;
  settle(view, { outcome: "answered", order: how(view.said.order, position), active: position });
}

function placeOf(order, position) {
  return order.findIndex((place) => place.includes(position));
}

function without(order, position) {
  return order.map((place) => place.filter((other) => other !== position)).filter((place) => place.length);
}

function toggled(order, position) {
  return placeOf(order, position) < 0 ? [...order, [position]] : without(order, position);
}

// Out of a shared place, or before the place above.
function movedUp(order, position) {
  const place = placeOf(order, position);
  if (place < 0) return order;
  const alone = order[place].length === 1;
  return without(order, position).toSpliced(Math.max(0, alone ? place - 1 : place), 0, [position]);
}

function movedDown(order, position) {
  const place = placeOf(order, position);
  return place < 0 ? order : without(order, position).toSpliced(place + 1, 0, [position]);
}

// Into the place above; out of it again if the place is shared already.
function joined(order, position) {
  const place = placeOf(order, position);
  if (place < 0) return order;
  if (order[place].length > 1) return movedDown(order, position);
  if (place === 0) return order;
  return without(order, position).with(place - 1, [...order[place - 1], position]);
}

function refreshRanking(view) {
  const { words } = view.data;
  const { order, active } = view.said;
  for (const button of view.root.querySelectorAll("[data-rank]")) {
    const position = Number(button.dataset.rank);
    const place = placeOf(order, position);
    pressed(button, place >= 0);
    const text = place < 0 ? words.next_place : words.place.replace("{n}", place + 1);
    button.firstChild.textContent = text;
    button.setAttribute("aria-label", `${text} (${itemName(view, position)})`);
    button.closest(".card").classList.toggle("active", active === position && place >= 0);
  }
  const places = order.map((place, number) => `${number + 1}. ${place.map((position) => itemName(view, position)).join(" = ")}`);
  const rest = order.length && order.flat().length < view.current.items.length ? `. ${words.order_rest}` : "";
  const text = order.length ? words.order.replace("{order}", places.join(" · ")) + rest : words.order_empty;
  view.find("order").textContent = text;
}

// Best and worst. The first press of a key says which is the best, the next which is the worst.

function buildBestWorst(view, entry) {
  const { words } = view.data;
  buildCards(view, entry, (position, name) => {
    bind(view, [`choice_${position + 1}`], name, () => settle(view, nextOfBestWorst(view.said, position)));
    return ["best", "worst"].map((end) => {
      const label = `${words[end]} (${name})`;
      const button = make("button", { type: "button", "data-end": end, "aria-label": label }, make("span", {}, words[end]));
      if (end === "best") button.append(keyHint(`choice_${position + 1}`));
      button.onclick = () => settle(view, endSet(view.said, end, position));
      return button;
    });
  });
}

function nextOfBestWorst(said, position) {
  const end = said.best === position ? "best" : said.worst === position ? "worst" : said.best === null ? "best" : "worst";
  return endSet(said, end, position);
}

// Pressed again it is taken back; no item is both.
function endSet(said, end, position) {
  const other = end === "best" ? "worst" : "best";
  return {
    outcome: "answered",
    [end]: said[end] === position ? null : position,
    [other]: said[other] === position ? null : said[other],
  };
}

function refreshBestWorst(view) {
  for (const button of view.root.querySelectorAll("[data-end]")) {
    pressed(button, view.said[button.dataset.end] === Number(button.closest(".card").dataset.position));
  }
}

// The best few.

function buildBestFew(view, entry) {
  const { words } = view.data;
  buildCards(view, entry, (position, name) => {
    const attributes = { "data-pick": position, "aria-label": `${words.pick} (${name})`, class: "primary" };
    const button = offer(view, [`choice_${position + 1}`], name, () => pick(view, position), attributes);
    button.firstChild.textContent = words.pick;
    return [button];
  });
}

function pick(view, position) {
  const { picked } = view.said;
  const has = picked.includes(position);
  if (!has && picked.length >= view.current.form.picks) {
    sayIn(view, "hint", needPicks(view));
    return;
  }
  settle(view, {
    outcome: "answered",
    picked: has ? picked.filter((other) => other !== position) : [...picked, position],
  });
}

function needPicks(view) {
  return view.data.words.need_picks.replace("{n}", view.current.form.picks).replace("{chosen}", view.said.picked.length);
}

function refreshBestFew(view) {
  for (const button of view.root.querySelectorAll("[data-pick]")) {
    pressed(button, view.said.picked.includes(Number(button.dataset.pick)));
  }
}
