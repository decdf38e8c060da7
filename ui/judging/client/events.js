// Events (answers, answers taken back, drafts, notes) are kept in localStorage and sent as one
// growing list; the server takes each once and names those that it has committed. Whatever is not
// named is sent again: after a reload, a lost connection, or a restart of the server nothing is
// lost and nothing counts twice.

const RESEND_MS = 3000;

function addEvent(view, event) {
  const whole = { event: crypto.randomUUID ? crypto.randomUUID() : randomId(), ...event };
  keep(view.data.storage + whole.event, { ...whole, at: Date.now() });
  view.pending.push(whole);
  submitPending(view);
  return whole;
}

function submitPending(view) {
  if (!view.pending.length || !view.send) return;
  view.send("pending", { sent: Date.now(), events: view.pending });
  clearTimeout(view.resend);
  view.resend = setTimeout(() => submitPending(view), RESEND_MS);
}

function acknowledge(view) {
  const { results, feedback, storage } = view.data;
  for (const event of [...view.pending]) {
    if (!(event.event in results)) continue;
    forget(storage + event.event);
    view.pending = view.pending.filter((other) => other !== event);
    if (event.event === view.awaitingUndo) view.awaitingUndo = null;
    if (event.event === view.awaitingFeedback) {
      view.awaitingFeedback = null;
      view.feedback = feedback[event.event] ?? null;
    }
    if (results[event.event]) sayIn(view, "problem", results[event.event]);
  }
}

function mergeUndoable(view, known) {
  const ofKind = (kind) => view.pending.filter((event) => event.kind === kind);
  const own = ofKind("answer").map((event) => event.presentation);
  const takenBack = new Set(ofKind("undo").map((event) => event.presentation));
  return [...new Set([...known, ...own])].filter((id) => !takenBack.has(id));
}

function undo(view) {
  if (view.awaitingUndo || view.awaitingFeedback || view.feedback || !view.undoable.length) return;
  saveDraft(view);
  const presentation = view.undoable.pop();
  leaveMode(view);
  view.awaitingUndo = addEvent(view, { kind: "undo", presentation }).event;
  draw(view);
}

// What was begun is kept here at once, and on the server soon after, for another browser.
const DRAFT_MS = 1500;

function draftKey(view, presentation) {
  return `discern draft|${view.data.person}|${view.data.study}|${presentation}`;
}

function keepDraft(view) {
  keep(draftKey(view, view.current.id), view.said);
  clearTimeout(view.draftTimer);
  view.draftTimer = setTimeout(() => saveDraft(view), DRAFT_MS);
}

function saveDraft(view) {
  clearTimeout(view.draftTimer);
  if (view.draftTimer === null || view.current === null) return;
  view.draftTimer = null;
  const presentation = view.current.id;
  for (const event of view.pending) {
    if (event.kind === "draft" && event.presentation === presentation) forget(view.data.storage + event.event);
  }
  view.pending = view.pending.filter((event) => event.kind !== "draft" || event.presentation !== presentation);
  addEvent(view, { kind: "draft", presentation, content: structuredClone(view.said) });
}

function dropDraft(view, presentation) {
  clearTimeout(view.draftTimer);
  view.draftTimer = null;
  forget(draftKey(view, presentation));
}

function draftOf(view, presentation) {
  return recall(draftKey(view, presentation)) ?? view.data.drafts[presentation] ?? null;
}

function forgetDrafts(view) {
  const open = new Set(view.data.queue.map((entry) => draftKey(view, entry.id)));
  for (const key of keysFrom(draftKey(view, ""))) if (!open.has(key)) forget(key);
}

function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A browser may refuse to store (private windows): then answers live in the page until they are sent.
function stored(act, otherwise) {
  try {
    return act();
  } catch (error) {
    console.warn("Answers cannot be kept over a reload:", error);
    return otherwise;
  }
}

function keep(key, value) {
  stored(() => localStorage.setItem(key, JSON.stringify(value)));
}

function forget(key) {
  stored(() => localStorage.removeItem(key));
}

function recall(key) {
  return stored(() => JSON.parse(localStorage.getItem(key)), null);
}

function keysFrom(prefix) {
  return stored(() => Object.keys(localStorage).filter((key) => key.startsWith(prefix)), []);
}

function readPending(prefix) {
  return keysFrom(prefix).map(recall).filter((event) => event !== null).sort((one, other) => one.at - other.at);
}
