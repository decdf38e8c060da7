// What is on the screen: the next question, what became of the answers, and what is told aloud.

// What people want to know to be on disk.
const COUNTED = new Set(["answer", "undo", "flag"]);

function draw(view) {
  const waits = view.awaitingUndo || view.awaitingFeedback || view.feedback;
  const again = view.queue[0]?.again;
  const same = again ? undefined : view.queue.find((entry) => entry.id === view.current?.id);
  const next = waits ? null : (same ?? view.queue[0] ?? null);
  if (next === null || view.current === null || next.id !== view.current.id) paint(view, next);
  else if (view.built === "") paint(view, next); // in another language
  drawStatus(view);
}

// The same question in other words (another language) stays painted: it takes answers all the time.
function paint(view, entry) {
  const hadFocus = view.find("pair").contains(view.root.activeElement);
  const stays = entry !== null && view.paintedAt !== null && view.current?.id === entry.id;
  Object.assign(view, { current: entry, paintedAt: stays ? view.paintedAt : null, mode: null });
  view.find("pair").hidden = entry === null;
  drawFeedback(view);
  if (entry === null) return;
  buildForm(view, entry);
  fillTexts(view, entry);
  view.said = { ...nothingSaid(entry), ...draftOf(view, entry.id) };
  sayIn(view, "hint", "");
  refresh(view);
  if (stays) painted(view, entry, hadFocus);
  else present(view, entry, hadFocus);
}

function present(view, entry, hadFocus) {
  const pair = view.find("pair");
  delete pair.dataset.painted; // until it has reached the screen it takes no answer
  pair.dataset.presentation = entry.id;
  if (pair.getBoundingClientRect().top < 0) pair.scrollIntoView({ block: "start" });
  requestAnimationFrame(() => requestAnimationFrame(() => painted(view, entry, hadFocus)));
}

function painted(view, entry, hadFocus) {
  if (view.current !== entry) return;
  view.paintedAt ??= performance.now();
  view.find("pair").dataset.painted = entry.id;
  if (hadFocus) view.find("question").focus({ preventScroll: true });
  view.find("announcement").textContent = view.data.words.next;
  if (view.marking) markDifferences(view);
}

function fillTexts(view, entry) {
  view.find("announcement").textContent = "";
  Object.assign(view.find("question"), { textContent: entry.question, lang: entry.language });
  view.find("training").hidden = !entry.training;
  for (const text of view.root.querySelectorAll(".text")) {
    Object.assign(text, { lang: entry.language, dir: entry.direction, scrollTop: 0 });
  }
  view.find("prompt").innerHTML = entry.prompt; // safe HTML: rendered on the server with raw HTML off
  view.find("prompt-box").hidden = !entry.prompt;
  fillItems(view, entry);
}

function fillItems(view, entry) {
  entry.items.forEach((html, position) => {
    view.root.querySelector(`[data-position="${position}"] .text`).innerHTML = html; // safe, as above
  });
}

function drawNothing(view) {
  const { words, nothing, report } = view.data;
  const none = view.current === null && !view.feedback;
  const waits = view.awaitingUndo || view.awaitingFeedback || view.pending.some((event) => event.kind === "answer");
  view.find("nothing").hidden = !none;
  view.find("nothing").textContent = !none ? "" : waits ? words.waiting : nothing;
  view.find("last-report").hidden = !none || Boolean(waits) || !report;
}

function drawFeedback(view) {
  const { feedback, data: { words } } = view;
  const shows = view.find("feedback").hidden && feedback;
  view.find("feedback").hidden = !feedback;
  if (!shows) return;
  const verdict = feedback.right ? words.verdict_right : words.verdict_wrong.replace("{expected}", feedback.expected);
  view.find("feedback").dataset.right = feedback.right;
  view.find("feedback-verdict").textContent = verdict;
  view.find("feedback-text").innerHTML = feedback.html; // safe HTML, as above
  view.find("feedback-close").focus();
}

function closeFeedback(view) {
  view.feedback = null;
  draw(view);
  view.find("question").focus({ preventScroll: true });
}

function drawStatus(view) {
  const { words, progress } = view.data;
  const waiting = view.pending.filter((event) => COUNTED.has(event.kind)).length;
  drawNothing(view);
  view.find("undo").disabled = !view.undoable.length || Boolean(view.awaitingUndo);
  view.find("flag").disabled = view.current === null;
  const saved = view.find("saved");
  saved.dataset.state = waiting ? "saving" : "saved";
  const any = view.answered.size > 0 || view.undoable.length > 0;
  const text = waiting ? words.saving.replace("{n}", waiting) : any ? words.saved : "";
  if (saved.textContent !== text) saved.textContent = text;
  view.find("progress").textContent = progress;
}

function drawReport(view, lines) {
  for (const part of ["last-report", "report-lines"]) {
    view.find(part).replaceChildren(
      ...lines.flatMap(({ label, value }) => [make("dt", {}, label), make("dd", {}, value)]),
    );
  }
}

function sayIn(view, part, text) {
  view.find(part).textContent = text;
  if (part === "problem") view.find(part).hidden = !text;
}

function make(tag, attributes = {}, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}
