// The judging view: paints prefetched questions at once, keeps every answer until it is on disk.
//
// All scripts of this folder are put into one module. `view` is what one screen knows; functions
// take it first. Elements are found by their `data-part`.

const views = new WeakMap();
const FORMS = {
  pair: PAIR,
  thumbs: THUMBS,
  triplet: TRIPLET,
  ranking: RANKING,
  best_worst: BEST_WORST,
  best_few: BEST_FEW,
};

(globalThis.discernJudging ??= Promise.withResolvers()).resolve((component) => {
  const root = component.parentElement;
  if (!views.has(root)) views.set(root, createView(root));
  const view = views.get(root);
  update(view, component.data[0], component.setStateValue);
  return () => closeView(view);
});

export default function () {
  // what it brings is there already
}

function createView(root) {
  if (!root.querySelector("[data-part=view]")) root.append(document.createRange().createContextualFragment(VIEW));
  const view = {
    root,
    data: null,
    send: null,
    queue: [],
    current: null, // the question on the screen
    paintedAt: null, // when it was painted; null until then: unseen questions take no answer
    built: "", // the form for which buttons stand on the screen
    actions: new Map(), // what each key does with this form
    said: null, // the answer as far as it is given
    mode: null, // "skip" or "reasons": keys choose among those
    answered: new Set(),
    undoable: [], // presentations whose answer can be taken back, oldest first
    pending: [], // events that are not known to be on disk
    awaitingUndo: null,
    awaitingFeedback: null,
    feedback: null,
    capturing: null, // what gets a new key
    rows: [], // what is judged of a pair: "" for overall, and aspects
    marking: false, // whether differences are marked
    resend: null,
    draftTimer: null,
  };
  view.find = (name) => root.querySelector(`[data-part="${name}"]`);
  view.press = (event) => press(view, event);
  document.addEventListener("keydown", view.press);
  wirePage(view);
  return view;
}

// A view that is closed may be opened again in the same place. While its question stands on the
// screen it takes answers, and keeps them until there is somebody to send them to.
function closeView(view) {
  clearTimeout(view.resend);
  clearTimeout(view.draftTimer);
  view.send = null;
  if (!view.root.isConnected) forgetView(view);
}

function forgetView(view) {
  document.removeEventListener("keydown", view.press);
  views.delete(view.root);
}

function update(view, data, setStateValue) {
  const before = view.data;
  const opened = view.send === null || before.sid !== data.sid;
  view.send = setStateValue;
  const storage = `discern|${data.person}|${data.study}|`;
  view.data = { ...data, storage };
  if (before === null || before.storage !== storage) restart(view);
  acknowledge(view);
  view.undoable = mergeUndoable(view, data.undoable);
  view.queue = data.queue.filter((entry) => !view.answered.has(entry.id));
  const anew = before === null || before.interface.language !== data.interface.language;
  if (anew) sayWords(view);
  if (anew || JSON.stringify(before.keys) !== JSON.stringify(data.keys)) {
    drawKeys(view);
    if (view.find("keys-dialog").open && view.capturing === null) drawKeysDialog(view);
  }
  if (data.report) drawReport(view, data.report);
  if (opened) submitPending(view);
  draw(view);
}

function restart(view) {
  Object.assign(view, { queue: [], current: null, answered: new Set(), undoable: [], built: "" });
  Object.assign(view, { awaitingUndo: null, awaitingFeedback: null, feedback: null });
  view.pending = readPending(view.data.storage);
  for (const event of view.pending) if (event.kind === "answer") view.answered.add(event.presentation);
  forgetDrafts(view);
}

function sayWords(view) {
  const { words, interface: { language, direction } } = view.data;
  Object.assign(view.find("view"), { lang: language, dir: direction });
  for (const element of view.root.querySelectorAll("[data-word]")) {
    element.textContent = words[element.dataset.word];
  }
  view.find("undo").replaceChildren(words.undo, keyHint("undo"));
  view.find("flag").replaceChildren(words.flag, keyHint("flag"));
  view.built = "";
}
