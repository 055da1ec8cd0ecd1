// Several machines side by side: the freeze and the cure.
import { paint, redrawBy } from "./plot.js";
import { follow, put, say } from "./stream.js";
import { age, count, plain, rate, share } from "./words.js";

const POINTS = 4000;    // pictures that are remembered: an hour and more
const COLOURS = 6;
const at = id => document.getElementById(id);
const history = [];
let machines = [];
const styles = ["", "", "", "l2", "l2", "l1", "l1", "", "text l3"];

function take(picture) {
  const time = Date.parse(picture.time) / 1000, last = history.at(-1);
  if (!last || time > last.time) {
    history.push({
      time, pages: picture.machines.map(m => m.pages), held: picture.machines.map(m => m.now?.halfOpen ?? null),
      waiting: picture.machines.map(m => m.now?.guard?.waiting ?? null),
    });
    if (history.length > POINTS) {
      history.shift();
    }
  }

  const words = verdict(picture.machines);
  put(at("verdict"), words);
  put(at("doing"), picture.isOver ? "The lab is over: its table is in the terminal." : Math.round(picture.share * 100) + " %: " + plain(picture.doing) + ".");
  put(at("clock"), "Last look at " + new Date(picture.time).toLocaleTimeString("en-GB") + ".");
  document.title = words + " - halfopen lab";
  show(picture.machines);
  machines = picture.machines;
  draw();
  if (picture.isOver) {
    say("The lab is over.", false);
  }

  return picture.isOver;
}

/** One sentence: the machines that differ most, of those with a limit, else of all. */
function verdict(all) {
  const limited = all.filter(m => m.now?.guard), of = limited.length > 1 ? limited : all;
  const least = of.reduce((a, b) => b.pages < a.pages ? b : a, of[0]), most = of.reduce((a, b) => b.pages > a.pages ? b : a, of[0]);
  return !least || most.pages === 0 ? "No page is loaded yet."
    : least.pages === most.pages ? "Each machine loaded " + pages(most.pages) + " so far."
    : "In the same time, " + plain(most.name) + " loaded " + pages(most.pages) + "; " + plain(least.name) + " loaded " + count(least.pages) + ".";
}

const pages = n => n === 1 ? "1 page" : count(n) + " pages";

function show(all) {
  const body = at("machines").tBodies[0];
  while (body.rows.length > all.length) {
    body.deleteRow(-1);
  }

  for (const [i, machine] of all.entries()) {
    const row = body.rows[i] ?? make(body, i), now = machine.now;
    put(row.cells[0].firstChild, plain(machine.name));
    const values = [count(machine.pages), ...(now ? [count(now.halfOpen), age(now.oldestSilenceSeconds), rate(now.attemptsPerSecond),
      share(now.deadShare), now.guard ? count(now.guard.slotsTaken) + " of " + count(now.guard.limit) : "no limit",
      now.guard ? count(now.guard.waiting) : "-", now.mostBy ? plain(now.mostBy) + " " + count(now.mostByHalfOpen) : "-"]
      : ["-", "-", "-", "-", "-", "-", "-"])];
    values.forEach((value, column) => put(row.cells[column + 1], value));
  }
}

function make(body, i) {
  const row = body.insertRow(), head = document.createElement("th"), link = document.createElement("a");
  head.scope = "row";
  link.href = "m" + i + "/";
  head.append(link);
  row.append(head);
  for (const style of styles.slice(1)) {
    row.insertCell().className = style;
  }

  return row;
}

function draw() {
  if (history.length === 0) {
    return;
  }

  const times = history.map(h => h.time);
  const curves = of => machines.map((m, i) => ["c" + i % COLOURS, m.name, history.map(h => of(h)[i] ?? null), i < COLOURS ? undefined : [6, 3]]);
  const words = of => machines.map((m, i) => [plain(m.name), of(history.at(-1))[i]]).filter(([, n]) => n !== null && n !== undefined)
    .map(([name, n]) => name + ": " + count(n)).join(", ") + ".";
  paint("pages", "Web pages loaded", times, [], curves(h => h.pages), [], words(h => h.pages));
  paint("held", "Half-open attempts, waiting ones included", times, [], curves(h => h.held), [], words(h => h.held));
  if (machines.some(m => m.now?.guard)) {
    const only = curves(h => h.waiting).filter((_, i) => machines[i].now?.guard);
    paint("waiting", "Attempts that wait for a slot", times, [], only, [], words(h => h.waiting));
  }
}

redrawBy(draw);
follow(take, () => "Live.");
