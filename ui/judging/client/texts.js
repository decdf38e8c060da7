// Two texts beside each other: differences marked word by word, and scrolling together.

// Texts that differ more than this have nothing to do with each other.
const MAX_EDITS = 1500;

function buildTools(view) {
  const { words } = view.data;
  const tools = view.find("tools");
  tools.hidden = false;
  tools.append(
    offer(view, ["differences"], words.differences, () => toggleDifferences(view), { "data-part": "differences" }),
    offer(view, ["scrolling"], words.scrolling, () => toggleScrolling(view), { "data-part": "scrolling" }),
  );
  const [left, right] = ["left", "right"].map(view.find);
  left.addEventListener("scroll", () => follow(view, left, right));
  right.addEventListener("scroll", () => follow(view, right, left));
  drawTools(view);
}

function drawTools(view) {
  pressed(view.find("differences"), view.marking);
  pressed(view.find("scrolling"), view.data.scrolling === "together");
}

function toggleScrolling(view) {
  view.data.scrolling = view.data.scrolling === "together" ? "apart" : "together";
  prefer(view, { scrolling: view.data.scrolling });
  drawTools(view);
  follow(view, view.find("left"), view.find("right"));
}

// The other text stands as far down as this one, as a share of its length. What moved because it
// followed does not lead.
function follow(view, leader, follower) {
  const moved = leader.followed === leader.scrollTop;
  leader.followed = null;
  if (view.data.scrolling !== "together" || moved) return;
  const room = (text) => text.scrollHeight - text.clientHeight;
  if (room(leader) <= 0) return;
  const before = follower.scrollTop;
  follower.scrollTop = Math.round((leader.scrollTop / room(leader)) * Math.max(0, room(follower)));
  if (follower.scrollTop !== before) follower.followed = follower.scrollTop;
}

function toggleDifferences(view) {
  if (view.current === null) return;
  view.marking = !view.marking;
  drawTools(view);
  if (view.marking) {
    markDifferences(view);
    return;
  }
  fillItems(view, view.current);
  sayIn(view, "hint", "");
}

function markDifferences(view) {
  if (view.current.items.length !== 2) return;
  const [left, right] = ["left", "right"].map((side) => wordsIn(view.find(side)));
  const only = differences(left.map((one) => one.word), right.map((one) => one.word));
  const { words } = view.data;
  if (only === null) sayIn(view, "hint", words.differences_no);
  else if (!only[0].size && !only[1].size) sayIn(view, "hint", words.differences_none);
  else [left, right].forEach((found, side) => markWords(found, only[side]));
}

// The words of a text with the nodes that they stand in; formulas are left whole.
function wordsIn(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest("math") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const match of node.data.matchAll(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu)) {
      found.push({ node, word: match[0], start: match.index, end: match.index + match[0].length });
    }
  }
  return found;
}

// Neighbours within one node get one mark. From the end, so that the places before stay right.
function markWords(found, only) {
  for (let last = found.length - 1; last >= 0; last -= 1) {
    if (!only.has(last)) continue;
    let first = last;
    while (only.has(first - 1) && found[first - 1].node === found[last].node) first -= 1;
    const range = document.createRange();
    range.setStart(found[first].node, found[first].start);
    range.setEnd(found[first].node, found[last].end);
    range.surroundContents(document.createElement("mark"));
    last = first;
  }
}

// Which words only the one and only the other has, in a shortest edit script (Myers, 1986); null if
// that is longer than `MAX_EDITS`.
function differences(one, other) {
  let start = 0;
  while (start < Math.min(one.length, other.length) && one[start] === other[start]) start += 1;
  let end = 0;
  const most = Math.min(one.length, other.length) - start;
  while (end < most && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  const trimmed = [one, other].map((words) => words.slice(start, words.length - end));
  const trace = shortestEdit(...trimmed);
  return trace && traced(trace, trimmed[0].length, trimmed[1].length, start);
}

function shortestEdit(one, other) {
  const trace = [];
  const limit = Math.min(one.length + other.length, MAX_EDITS);
  const furthest = new Int32Array(2 * limit + 3);
  const middle = limit + 1;
  for (let edits = 0; edits <= limit; edits += 1) {
    trace.push(furthest.slice(middle - edits, middle + edits + 1));
    for (let line = -edits; line <= edits; line += 2) {
      const down = line === -edits || (line !== edits && furthest[middle + line - 1] < furthest[middle + line + 1]);
      let x = down ? furthest[middle + line + 1] : furthest[middle + line - 1] + 1;
      while (x < one.length && x - line < other.length && one[x] === other[x - line]) x += 1;
      furthest[middle + line] = x;
      if (x >= one.length && x - line >= other.length) return trace;
    }
  }
  return null;
}

function traced(trace, x, y, start) {
  const only = [new Set(), new Set()];
  for (let edits = trace.length - 1; edits > 0; edits -= 1) {
    const furthest = (line) => trace[edits][line + edits];
    const line = x - y;
    const down = line === -edits || (line !== edits && furthest(line - 1) < furthest(line + 1));
    x = furthest(down ? line + 1 : line - 1);
    y = x - (down ? line + 1 : line - 1);
    if (down) only[1].add(start + y);
    else only[0].add(start + x);
  }
  return only;
}
