// What is remembered of the frames, as curves over time.
import { hide, paint, redrawBy } from "./plot.js";
import { count, noes, plain, rate, silent } from "./words.js";

const POINTS = 600;   // frames that are remembered
const NAMED = 5;      // programs with a colour of their own
const KEPT = 40;      // programs of one frame that are remembered
export const keyOf = p => p.owner + "\u0000" + p.fullName + "\u0000" + p.name;

const history = [];
const times = () => history.map(h => h.time);

/** Remembers a frame. */
export function remember(frame) {
  const last = history.at(-1), o = frame.totals.outcomes, time = Date.parse(frame.time) / 1000;
  const passed = last ? frame.sinceStartSeconds - last.sinceStart : 0;
  const per = f => last && passed > 0 && f(o) >= f(last.outcomes) ? (f(o) - f(last.outcomes)) / passed : null;
  if (last && time <= last.time) {
    if (frame.number === last.number && frame.sinceStartSeconds === last.sinceStart) {
      return; // the same again, after a reconnection
    }

    history.length = 0; // the clock was set back
  }

  history.push({
    time, number: frame.number, sinceStart: frame.sinceStartSeconds, outcomes: o, halfOpen: frame.totals.halfOpen,
    programs: new Map(frame.programs.filter(p => p.halfOpen > 0).slice(0, KEPT).map(p => [keyOf(p), [p.halfOpen, p.name]])),
    limit: frame.guard ? frame.guard.limit : null, slots: frame.guard ? frame.guard.slotsTaken : null,
    waiting: frame.guard ? frame.guard.waiting : null,
    tracked: frame.table ? frame.table.count : null, most: frame.table ? frame.table.max : null,
    answered: per(x => x.answered), refused: per(noes), silent: per(silent), left: per(x => x.abandoned - x.abandonedSilent),
  });
  if (history.length > POINTS) {
    history.shift();
  }
}

/** Draws all from what is remembered. */
export function draw() {
  const last = history.at(-1);
  if (!last) {
    return;
  }

  drawPrograms(last);
  lines("slots", "The guard's slots", history.some(h => h.limit !== null), [
    ["limit", "limit", h => h.limit, [6, 4]], ["c0", "slots taken", h => h.slots], ["c1", "waiting", h => h.waiting, [2, 3]]],
    last.limit === null ? "No guard runs now." : count(last.slots) + " of " + count(last.limit) + " slots taken, " + count(last.waiting) + " waiting.");
  lines("outcomes", "How attempts end, a second", true, [
    ["c2", "answered", h => h.answered], ["c1", "no answer", h => h.silent, [6, 3]], ["c3", "refused or unreachable", h => h.refused, [2, 3]],
    ["c5", "given up at once", h => h.left, [8, 3, 2, 3]]],
    last.answered === null ? "Two looks are needed." : rate(last.answered) + " answered, " + rate(last.silent) + " without an answer, "
      + rate(last.refused) + " refused or unreachable a second.");
  lines("tracked", "NAT entries (tracked connections)", history.some(h => h.tracked !== null), [
    ["limit", "most", h => h.most !== null && nearTo(h) ? h.most : null, [6, 4]], ["c0", "entries", h => h.tracked]],
    last.tracked === null ? "Not to be read now." : count(last.tracked) + " entries" + (last.most ? " of " + count(last.most) + " ("
      + Math.round(100 * last.tracked / last.most) + " %)" : "") + ".");
}

// A limit far above would press the curve flat; the words say it in any case.
const nearTo = h => h.tracked > h.most / 10;

function drawPrograms(last) {
  const sums = new Map();
  for (const h of history) {
    for (const [key, [held, name]] of h.programs) {
      const sum = sums.get(key) ?? [0, name];
      sum[0] += held;
      sums.set(key, sum);
    }
  }

  const top = [...sums].sort((a, b) => b[1][0] - a[1][0]).slice(0, NAMED);
  // Each band from the floor to its upper edge, the highest first: later ones cover the lower part.
  const edges = history.map(h => {
    let sum = 0;
    const row = top.map(([key]) => sum += h.programs.get(key)?.[0] ?? 0);
    return [...row, Math.max(sum, h.halfOpen)];
  });
  const bands = [...top.map(([, [, name]], i) => ["c" + i, name]), ["c5", "others"]]
    .map(([c, name], i) => [c, name, edges.map(e => e[i])]).reverse();
  const now = top.map(([key, [, name]]) => [name, last.programs.get(key)?.[0] ?? 0]).filter(([, n]) => n > 0);
  const rest = last.halfOpen - now.reduce((sum, [, n]) => sum + n, 0);
  const parts = [...now.map(([name, n]) => plain(name) + " " + count(n)), ...(rest > 0 ? ["others " + count(rest)] : [])];
  const limit = history.some(h => h.limit !== null) ? [["limit", "guard's limit", history.map(h => h.limit), [6, 4]]] : [];
  paint("programs", "Half-open by program", times(), bands, limit, [...bands].reverse(), count(last.halfOpen) + " now"
    + (parts.length ? ": " + parts.join(", ") : "") + ". Highest so far " + count(history.reduce((m, h) => Math.max(m, h.halfOpen), 0)) + ".");
}

function lines(id, title, isShown, series, words) {
  if (!isShown) {
    hide(id);
    return;
  }

  const drawn = series.map(([c, name, of, dash]) => [c, name, history.map(of), dash]);
  paint(id, title, times(), [], drawn, [], words);
}

redrawBy(draw);
