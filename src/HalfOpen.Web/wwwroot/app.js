// Frames come as server-sent events; everything is set as text, nothing as markup.
import { age, count, plain, source, tiles, trouble, verdict } from "./words.js";
import { draw, remember } from "./charts.js";
import { follow, isLost, put, say } from "./stream.js";
import { moveFocus, moveOrder, show, turnOrder } from "./table.js";

const at = id => document.getElementById(id);
const MACHINE = /\/m([0-9]+)\/$/;   // where several machines are watched: which one this is
let newest = null, isFrozen = false;

const live = () => isFrozen ? "Frozen." : "Live.";

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
  if (!isLost()) {
    say(live(), false);
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

const machine = MACHINE.exec(location.pathname);
if (machine) {
  at("up").hidden = false;
  fetch("../frame.json").then(answer => answer.json())
    .then(all => { at("name").textContent = "halfopen lab: " + plain(all.machines[machine[1]].name); }).catch(() => { });
}

follow(take, live);
