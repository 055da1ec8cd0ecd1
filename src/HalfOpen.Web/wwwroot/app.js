// Frames come as server-sent events; everything is set as text, nothing as markup.
import { age, count, plain, source, tiles, trouble, verdict } from "./words.js";
import { draw, remember } from "./charts.js";
import { moveFocus, moveOrder, show, turnOrder } from "./table.js";

const at = id => document.getElementById(id);
const FIRST_WAIT = 1000, LONGEST_WAIT = 5000;   // ms between tries after a loss
let newest = null, isFrozen = false, wait = FIRST_WAIT;

function put(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function say(words, isLost) {
  put(at("status"), words);
  at("status").classList.toggle("lost", isLost);
}

function connect() {
  const events = new EventSource("frames");
  events.onopen = () => { wait = FIRST_WAIT; say(isFrozen ? "Frozen." : "Live.", false); };
  events.onmessage = event => take(JSON.parse(event.data));
  events.onerror = async () => {
    events.close();
    say("Lost, trying again ...", true);
    document.title = "Lost, trying again - halfopen";
    setTimeout(connect, wait);
    wait = Math.min(LONGEST_WAIT, wait * 1.5);
    // Somebody answers and does not know this link: a new watch was started, with a new one.
    const answer = await fetch("frame.json", { method: "HEAD" }).catch(() => null);
    if (answer?.status === 403) {
      say("Lost: the watch was started again with another link. Open the link that it printed.", true);
    }
  };
}

function take(frame) {
  newest = frame;
  remember(frame);
  if (!isFrozen) {
    paint(frame);
  }
}

function paint(frame) {
  const words = verdict(frame), problem = trouble(frame);
  put(at("verdict"), words);
  document.title = (isFrozen ? "Frozen: " : "") + words.replace(/[\u2068\u2069]/g, "") + " - halfopen";
  at("trouble").hidden = !problem;
  put(at("trouble"), problem);
  put(at("source"), source(frame.source));
  put(at("clock"), "Last look at " + new Date(frame.time).toLocaleTimeString("en-GB") + ".");
  paintTiles(tiles(frame));
  paintOwners(frame.guard);
  show(frame);
  draw();
}

function paintTiles(list) {
  const box = at("tiles");
  while (box.children.length > list.length) {
    box.lastChild.remove();
  }

  for (const [i, [name, value]] of list.entries()) {
    if (!box.children[i]) {
      const tile = document.createElement("div");
      tile.append(document.createElement("dt"), document.createElement("dd"));
      box.append(tile);
    }

    put(box.children[i].firstChild, name);
    put(box.children[i].lastChild, value);
  }
}

function paintOwners(guard) {
  at("owners").hidden = !guard || guard.owners.length === 0;
  const body = at("owners").querySelector("tbody"), list = guard ? guard.owners.slice(0, 50) : [];
  while (body.rows.length > list.length) {
    body.deleteRow(-1);
  }

  for (const [i, owner] of list.entries()) {
    const row = body.rows[i] ?? body.insertRow();
    const values = [plain(owner.owner || "(nobody)"), count(owner.slots), count(owner.waiting), age(owner.longestWaitSeconds)];
    values.forEach((value, column) => put(row.cells[column] ?? row.insertCell(), value));
  }
}

function freeze() {
  isFrozen = !isFrozen;
  at("freeze").setAttribute("aria-pressed", String(isFrozen));
  if (!at("status").classList.contains("lost")) {
    say(isFrozen ? "Frozen." : "Live.", false);
  }

  if (newest) {
    paint(newest);
  }
}

function help() {
  at("help").hidden = !at("help").hidden;
  at("keys").setAttribute("aria-expanded", String(!at("help").hidden));
}

at("freeze").addEventListener("click", freeze);
at("keys").addEventListener("click", help);
document.addEventListener("keydown", event => {
  const target = event.target, filter = at("filter");
  if (event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }

  if (target === filter) {
    if (event.key === "Escape") {
      filter.value = "";
      filter.dispatchEvent(new Event("input"));
      filter.blur();
    } else if (event.key === "Enter") {
      event.preventDefault(); // or the button that has the focus from now on is pressed by the same key
      moveFocus(1);
    }

    return;
  }

  const isRow = target.classList?.contains("open") === true;
  const act = {
    "/": () => filter.focus(), " ": target.closest?.("button, a") ? null : freeze, p: freeze, h: help, "?": help, r: turnOrder,
    "<": () => moveOrder(-1), ",": () => moveOrder(-1), ">": () => moveOrder(1), ".": () => moveOrder(1), s: () => moveOrder(1),
    j: () => moveFocus(1), k: () => moveFocus(-1),
    ArrowDown: isRow ? () => moveFocus(1) : null, ArrowUp: isRow ? () => moveFocus(-1) : null,
    Escape: () => { filter.value = ""; filter.dispatchEvent(new Event("input")); },
  }[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

connect();
