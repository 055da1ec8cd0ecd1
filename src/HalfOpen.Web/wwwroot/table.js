// The table of programs: sorted, filtered, opened. Rows are kept and changed in place, so that focus and selection stay.
import { age, count, endPoint, noes, outcomes, plain, rate, share, silent } from "./words.js";
import { keyOf } from "./charts.js";

const PAGE = 100;   // rows that are drawn at first, and more each time

// Title, class (l1 to l3: left out on narrow screens, the last first), what is shown, what is compared; text sorts upwards.
const columns = [
  { title: "Program", text: p => p.name, by: p => p.name.toLowerCase(), isText: true },
  { title: "Owner", style: "text who-owner l3", text: p => p.owner, by: p => p.owner.toLowerCase(), isText: true },
  { title: "Half-open", text: p => count(p.halfOpen), by: p => p.halfOpen },
  { title: "Oldest", style: "l2", text: p => age(p.oldestSilenceSeconds), by: p => p.oldestSilenceSeconds },
  { title: "New/s", style: "l1", text: p => rate(p.attemptsPerSecond), by: p => p.attemptsPerSecond },
  { title: "Answered", style: "l2", text: p => count(p.outcomes.answered), by: p => p.outcomes.answered },
  { title: "Refused", style: "l3", text: p => count(noes(p.outcomes)), by: p => noes(p.outcomes) },
  { title: "No answer", style: "l2", text: p => count(silent(p.outcomes)), by: p => silent(p.outcomes) },
  { title: "Dead", text: p => share(p.deadShare), by: p => p.deadShare ?? -1 },
  { title: "Slots", style: "l2", text: p => count(p.slots), by: p => p.slots, needsGuard: true },
  { title: "Waiting", text: p => count(p.waiting), by: p => p.waiting, needsGuard: true },
];

const table = document.getElementById("who"), head = table.tHead.rows[0], body = table.tBodies[0];
const filter = document.getElementById("filter"), more = document.getElementById("more"), shown = document.getElementById("shown");
const rows = new Map(), opened = new Set();
let frame = null, sorted = columns[2], isReversed = false, most = PAGE;

const make = (tag, style, text) => {
  const element = document.createElement(tag);
  element.className = style ?? "";
  element.textContent = text ?? "";
  return element;
};
const put = (element, text) => {
  if (element.textContent !== text) {
    element.textContent = text;
  }
};

for (const column of columns) {
  const cell = make("th", column.style), button = make("button", "", column.title);
  cell.scope = "col";
  button.type = "button";
  button.addEventListener("click", () => sortBy(column, column === sorted ? !isReversed : false));
  cell.append(button);
  head.append(cell);
  column.head = cell;
}

filter.addEventListener("input", () => { most = PAGE; show(frame); });
more.addEventListener("click", () => { most += PAGE; show(frame); });

function sortBy(column, reversed) {
  [sorted, isReversed] = [column, reversed];
  show(frame);
}

/** The column to the left or right of the one that is sorted by, of those on the screen. */
export function moveOrder(by) {
  const seen = columns.filter(c => c.head.offsetParent !== null);
  sortBy(seen[(Math.max(0, seen.indexOf(sorted)) + by + seen.length) % seen.length], false);
}

export const turnOrder = () => sortBy(sorted, !isReversed);

/** To the next program, or the one before. */
export function moveFocus(by) {
  const buttons = [...body.querySelectorAll(".open")];
  const at = buttons.indexOf(document.activeElement);
  buttons[at < 0 ? (by > 0 ? 0 : buttons.length - 1) : Math.min(buttons.length - 1, Math.max(0, at + by))]?.focus();
}

export function show(newest) {
  if (!newest) {
    return;
  }

  frame = newest;
  for (const column of columns) {
    column.head.hidden = column.needsGuard === true && !frame.guard;
    if (column === sorted) {
      column.head.setAttribute("aria-sort", (column.isText === true) === isReversed ? "descending" : "ascending");
    } else {
      column.head.removeAttribute("aria-sort");
    }
  }

  const wanted = filter.value.trim().toLowerCase();
  const programs = frame.programs.filter(p => passes(p, wanted));
  const sign = (sorted.isText ? 1 : -1) * (isReversed ? -1 : 1);
  programs.sort((a, b) => sign * compare(sorted.by(a), sorted.by(b))); // stable: else as the frame has them
  const all = frame.programs.length + frame.programsLeftOut;
  const drawn = programs.slice(0, most);
  if (frame.others && !wanted && drawn.length === programs.length) {
    drawn.push(frame.others);
  }

  put(shown, wanted ? count(programs.length) + " of " + count(all) + (all === 1 ? " program" : " programs") : count(all) + (all === 1 ? " program" : " programs"));
  more.hidden = programs.length <= most;
  put(more, "Show more: " + count(programs.length - Math.min(most, programs.length)) + " are not shown");
  place(drawn.flatMap(p => lay(p)));
}

const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;

const passes = (p, wanted) => !wanted || [p.name, p.fullName, p.owner, p.unit].some(t => t.toLowerCase().includes(wanted))
  || p.processIds.some(i => String(i) === wanted) || p.destinations.some(d => endPoint(d).toLowerCase().includes(wanted));

/** The row of a program, and what is opened below it. */
function lay(p) {
  const key = keyOf(p);
  const row = rows.get(key) ?? newRow(key);
  columns.forEach((column, i) => {
    put(i === 0 ? row.button : row.cells[i], plain(column.text(p)));
    row.cells[i].hidden = column.head.hidden;
  });
  row.button.title = plain(p.fullName || p.name);
  row.button.setAttribute("aria-expanded", String(opened.has(key)));
  if (!opened.has(key)) {
    return [row.line];
  }

  detail(row, p);
  return [row.line, row.below];
}

function newRow(key) {
  const row = { line: make("tr"), button: make("button", "open"), below: make("tr", "more"), box: make("td"), cells: [], shape: "" };
  row.button.type = "button";
  row.button.addEventListener("click", () => {
    if (!opened.delete(key)) {
      opened.add(key);
    }

    show(frame);
  });
  for (const column of columns) {
    const cell = make(column === columns[0] ? "th" : "td", column.style);
    row.cells.push(cell);
  }

  row.cells[0].scope = "row";
  row.cells[0].append(row.button);
  row.line.append(...row.cells);
  row.box.colSpan = columns.length;
  row.below.append(row.box);
  rows.set(key, row);
  return row;
}

function detail(row, p) {
  const facts = [
    ["Full name", p.fullName], ["Owner", p.owner], ["Unit", p.unit],
    ["Processes", p.processIds.join(", ") + (p.moreProcesses ? ", ..." : "")],
    ["Attempts", count(p.attempts) + " since the watch began" + (p.found ? ", and " + count(p.found) + " found half-open" : "")],
    ["Ended", outcomes(p.outcomes)],
    ["Waits", p.waiting > 0 ? count(p.waiting) + ", the longest for " + age(p.longestWaitSeconds) : ""],
    ["Why it waits", p.waiting > 0 ? p.whyItWaits : ""],
  ].filter(([, text]) => text);
  const list = p.destinations.map(d => [endPoint(d), count(d.halfOpen), count(d.attempts), count(d.outcomes.answered), count(noes(d.outcomes)), count(silent(d.outcomes))]);
  const shape = JSON.stringify([facts, list, p.destinationsLeftOut]);
  if (row.shape === shape) {
    return;
  }

  row.shape = shape;
  const facts2 = make("dl");
  facts2.append(...facts.flatMap(([name, text]) => [make("dt", "", name), make("dd", "", plain(text))]));
  row.box.replaceChildren(facts2);
  if (list.length > 0) {
    row.box.append(destinations(list, p.name));
  }

  if (p.destinationsLeftOut > 0) {
    row.box.append(make("p", "sum", "and " + count(p.destinationsLeftOut) + " more destinations"));
  }
}

function destinations(list, name) {
  const inner = make("table"), top = make("tr");
  inner.setAttribute("aria-label", "Destinations of " + plain(name));
  const styles = ["", "", "l1", "l2", "l2", ""];
  for (const [i, title] of ["Destination", "Half-open", "Attempts", "Answered", "Refused", "No answer"].entries()) {
    const cell = make("th", styles[i], title);
    cell.scope = "col";
    top.append(cell);
  }

  inner.createTHead().append(top);
  inner.createTBody().append(...list.map(values => {
    const line = make("tr");
    line.append(...values.map((v, i) => make("td", styles[i], plain(v))));
    return line;
  }));
  return inner;
}

/** These lines in this order; what is in its place already is not touched, and focus stays where it was. */
function place(lines) {
  const focused = document.activeElement;
  let at = body.firstChild;
  for (const line of lines) {
    if (line === at) {
      at = at.nextSibling;
    } else {
      body.insertBefore(line, at);
    }
  }

  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }

  if (focused !== document.activeElement && body.contains(focused)) {
    focused.focus({ preventScroll: true });
  }

  // Rows of programs that are gone are forgotten: memory stays bounded however many come and go.
  if (rows.size > 2 * frame.programs.length + PAGE) {
    const known = new Set([...frame.programs, ...(frame.others ? [frame.others] : [])].map(keyOf));
    for (const key of [...rows.keys()].filter(k => !known.has(k))) {
      rows.delete(key);
      opened.delete(key);
    }
  }
}
