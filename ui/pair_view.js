// The pair view: paints prefetched pairs at once, keeps every answer until the server has it on disk.
//
// Events (answers, undo) are kept in localStorage and sent as one growing list; the server takes
// each once and names those that it has committed. Whatever is not named is sent again: after a
// reload, a lost connection, or a restart of the server nothing is lost and nothing counts twice.

const RESEND_MS = 3000;
const views = new WeakMap();

export default function (component) {
  const root = component.parentElement;
  if (!views.has(root)) views.set(root, createView(root));
  const view = views.get(root);
  view.update(component.data[0], component.setStateValue);
  return () => {
    view.close();
    views.delete(root);
  };
}

function createView(root) {
  const find = (name) => root.querySelector(`[data-part="${name}"]`);
  const view = {
    data: null,
    send: null,
    queue: [],
    current: null, // the pair on the screen
    paintedAt: null, // when it was painted; null until then: unseen pairs take no answer
    answered: new Set(),
    undoable: [], // presentations whose answer can be taken back, oldest first
    pending: [], // events that are not known to be on disk
    awaitingUndo: null,
    choosingReason: false,
  };
  let timer = null;

  function update(data, setStateValue) {
    const fresh = view.data === null || view.data.sid !== data.sid;
    view.send = setStateValue;
    const storage = `discern|${data.person}|${data.study}|`;
    if (view.data === null || view.data.storage !== storage) restart(storage);
    view.data = { ...data, storage };
    acknowledge(data.results);
    view.undoable = mergeUndoable(data.undoable);
    view.queue = data.queue.filter((pair) => !view.answered.has(pair.id));
    if (fresh && view.pending.length) submit();
    draw();
  }

  function restart(storage) {
    Object.assign(view, { queue: [], current: null, answered: new Set(), undoable: [], awaitingUndo: null });
    view.pending = readPending(storage);
    for (const event of view.pending) if (event.kind === "answer") view.answered.add(event.presentation);
  }

  function acknowledge(results) {
    for (const event of [...view.pending]) {
      if (!(event.event in results)) continue;
      forget(view.data.storage + event.event);
      view.pending = view.pending.filter((other) => other !== event);
      if (event.event === view.awaitingUndo) view.awaitingUndo = null;
      if (results[event.event]) say("problem", results[event.event]);
    }
  }

  function mergeUndoable(known) {
    const own = view.pending.filter((event) => event.kind === "answer").map((event) => event.presentation);
    const takenBack = new Set(
      view.pending.filter((event) => event.kind === "undo").map((event) => event.presentation),
    );
    return [...new Set([...known, ...own])].filter((id) => !takenBack.has(id));
  }

  function add(event) {
    const whole = { event: crypto.randomUUID ? crypto.randomUUID() : randomId(), ...event };
    keep(view.data.storage + whole.event, whole);
    view.pending.push(whole);
    submit();
    return whole;
  }

  function submit() {
    if (!view.pending.length || !view.send) return;
    view.send("pending", { sent: Date.now(), events: view.pending });
    clearTimeout(timer);
    timer = setTimeout(submit, RESEND_MS);
  }

  function answer(outcome, skipReason = null) {
    if (view.current === null || view.paintedAt === null || view.awaitingUndo) return;
    if (!view.data.outcomes.includes(outcome)) return;
    const pair = view.current;
    const duration = Math.round(performance.now() - view.paintedAt);
    view.answered.add(pair.id);
    view.undoable.push(pair.id);
    view.queue = view.queue.filter((other) => other.id !== pair.id);
    view.current = null;
    view.choosingReason = false;
    say("problem", "");
    add({ kind: "answer", presentation: pair.id, outcome, skip_reason: skipReason, duration_ms: duration });
    draw();
  }

  function undo() {
    if (view.awaitingUndo || !view.undoable.length) return;
    const presentation = view.undoable.pop();
    view.choosingReason = false;
    view.awaitingUndo = add({ kind: "undo", presentation }).event;
    draw();
  }

  function draw() {
    const keepCurrent =
      view.current !== null && view.queue.some((pair) => pair.id === view.current.id) && !view.queue[0]?.again;
    const next = view.awaitingUndo ? null : keepCurrent ? view.current : (view.queue[0] ?? null);
    if (next === null || view.current === null || next.id !== view.current.id) paint(next);
    drawStatus();
  }

  function paint(pair) {
    view.current = pair;
    view.paintedAt = null;
    view.choosingReason = false;
    find("pair").hidden = pair === null;
    find("answers").hidden = pair === null;
    const waits = view.awaitingUndo !== null || view.pending.some((event) => event.kind === "answer");
    find("nothing").hidden = pair !== null;
    find("nothing").textContent = pair !== null ? "" : waits ? view.data.words.waiting : view.data.nothing;
    if (pair === null) return;
    for (const part of ["prompt", "left", "right"]) find(part).lang = view.data.language;
    find("prompt").innerHTML = pair.prompt; // safe HTML: rendered on the server with raw HTML off
    find("prompt-box").hidden = !pair.prompt;
    find("left").innerHTML = pair.left;
    find("right").innerHTML = pair.right;
    find("left").scrollTop = 0;
    find("right").scrollTop = 0;
    find("pair").dataset.presentation = pair.id;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (view.current === pair) view.paintedAt = performance.now();
        if (view.current === pair) find("pair").dataset.painted = pair.id;
      }),
    );
  }

  function drawStatus() {
    const { words, outcomes, progress } = view.data;
    for (const button of root.querySelectorAll("button[data-outcome]")) {
      button.hidden = !outcomes.includes(button.dataset.outcome);
    }
    find("undo").disabled = !view.undoable.length || view.awaitingUndo !== null;
    find("reasons").hidden = !view.choosingReason;
    const waiting = view.pending.length;
    find("saved").dataset.state = waiting ? "saving" : "saved";
    const answered = progress.own > 0 || view.answered.size > 0;
    find("saved").textContent = waiting
      ? words.saving.replace("{n}", waiting)
      : answered ? words.saved : "";
    find("progress").textContent = words.progress
      .replace("{own}", progress.own)
      .replace("{total}", progress.total)
      .replace("{possible}", progress.possible);
  }

  function say(part, text) {
    find(part).textContent = text;
    find(part).hidden = !text;
  }

  function skip() {
    if (view.current === null || !view.data.outcomes.includes("skipped")) return;
    view.choosingReason = !view.choosingReason;
    drawStatus();
    if (view.choosingReason) find("reasons").querySelector("button").focus();
  }

  function press(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.defaultPrevented || isTyping(event)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const reason = view.choosingReason ? root.querySelector(`button[data-key="${CSS.escape(key)}"]`) : null;
    const actions = { u: undo, Backspace: undo, s: skip };
    const outcome = { ArrowLeft: "left", 1: "left", ArrowRight: "right", 2: "right", t: "tie", b: "both_bad", x: "incomparable" };
    if (view.choosingReason && key === "Escape") skip();
    else if (reason) answer("skipped", reason.dataset.reason);
    else if (key in actions) actions[key]();
    else if (key in outcome) answer(outcome[key]);
    else return;
    event.preventDefault();
  }

  for (const button of root.querySelectorAll("button[data-outcome]")) {
    button.onclick = () => (button.dataset.outcome === "skipped" ? skip() : answer(button.dataset.outcome));
  }
  for (const button of root.querySelectorAll("button[data-reason]")) {
    button.onclick = () => answer("skipped", button.dataset.reason);
  }
  find("undo").onclick = undo;
  document.addEventListener("keydown", press);

  function close() {
    clearTimeout(timer);
    document.removeEventListener("keydown", press);
  }
  return { update, close };
}

function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  const role = target.getAttribute("role");
  return (
    target.matches("input, textarea, select, [contenteditable=true]") ||
    ["combobox", "listbox", "option", "slider", "tab", "menuitem", "radio", "textbox"].includes(role)
  );
}

function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A browser may refuse to store (private windows): then answers live in the page until they are sent.
function keep(key, event) {
  try {
    localStorage.setItem(key, JSON.stringify({ ...event, at: Date.now() }));
  } catch (error) {
    console.warn("Answers cannot be kept over a reload:", error);
  }
}

function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch (error) {
    console.warn("Answers cannot be kept over a reload:", error);
  }
}

function readPending(prefix) {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix))
      .map((key) => JSON.parse(localStorage.getItem(key)))
      .sort((one, other) => one.at - other.at);
  } catch (error) {
    console.warn("Answers cannot be kept over a reload:", error);
    return [];
  }
}
