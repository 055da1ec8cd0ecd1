// What is said of a frame, in words. Names come from programs that may wish us ill: whoever shows one goes through plain().

/** Characters that steer, turn the direction of writing or cannot be seen stand as their number. */
export const plain = text => String(text).slice(0, 1000)
  .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, c => "\\u{" + c.codePointAt(0).toString(16) + "}");

/** A name within a sentence: its direction of writing ends where it does. */
const inside = text => "\u2068" + plain(text) + "\u2069";

const number = new Intl.NumberFormat("en");
export const count = n => number.format(n);
export const rate = n => n <= 0 ? "0" : n < 10 ? n.toFixed(1) : count(Math.round(n));
export const share = s => s === null ? "-" : Math.round(s * 100) + " %";
export const age = s => s <= 0 ? "-" : s < 9.95 ? s.toFixed(1) + " s" : s < 600 ? Math.round(s) + " s"
  : s < 36000 ? Math.round(s / 60) + " min" : Math.round(s / 3600) + " h";
export const silent = o => o.timedOut + o.abandonedSilent;
export const noes = o => o.refused + o.unreachable;
export const endPoint = d => (d.address.includes(":") ? "[" + d.address + "]" : d.address) + ":" + d.port;

export const outcomes = o => count(o.answered) + " answered, " + count(o.refused) + " refused, " + count(o.unreachable)
  + " unreachable, " + count(o.timedOut) + " timed out, " + count(o.abandoned) + " given up by the program"
  + (o.unseen > 0 ? ", " + count(o.unseen) + " ended unseen" : "");

export const source = s => "Seen by " + plain(s.words) + (s.misses ? "; misses " + plain(s.misses) : "") + (s.why ? " (" + plain(s.why) + ")" : "") + ".";

/** One sentence for a person who never heard of half-open. */
export function verdict(frame) {
  const t = frame.totals, guard = frame.guard;
  const top = frame.programs.reduce((a, b) => b.halfOpen > (a ? a.halfOpen : 0) ? b : a, null);
  if (guard && guard.waiting > 0) {
    const holder = frame.programs.reduce((a, b) => b.slots > (a ? a.slots : 0) ? b : a, null);
    return attempts(guard.waiting) + (guard.waiting === 1 ? " waits: " : " wait: ") + count(guard.slotsTaken) + " of " + count(guard.limit)
      + " slots are taken" + (holder ? ", " + count(holder.slots) + " of them by " + inside(holder.name) : "") + ".";
  }

  if (t.halfOpen === 0 || !top) {
    return t.halfOpen === 0 ? "Nothing is half-open now." : attempts(t.halfOpen) + " half-open.";
  }

  const who = inside(top.name) + " holds " + (top.halfOpen === t.halfOpen
    ? (t.halfOpen === 1 ? "the one half-open attempt" : "all " + count(t.halfOpen) + " half-open attempts")
    : count(top.halfOpen) + " of " + count(t.halfOpen) + " half-open attempts");
  return who + (top.deadShare === null ? "." : "; " + share(top.deadShare) + " of what it tries does not answer.");
}

const attempts = n => n === 1 ? "1 attempt" : count(n) + " attempts";

/** Name and value of the figures at the top. */
export function tiles(frame) {
  const t = frame.totals, guard = frame.guard, table = frame.table;
  const list = [
    ["Half-open now", count(t.halfOpen)],
    ["Oldest", age(t.oldestSilenceSeconds)],
    ["New a second", rate(t.attemptsPerSecond)],
    ["Not answered (last minute)", share(t.deadShare)],
  ];
  if (guard) {
    list.push(["Slots taken (guard, " + plain(guard.policy) + ")", count(guard.slotsTaken) + " of " + count(guard.limit)], ["Waiting for a slot", count(guard.waiting)]);
  }

  if (table) {
    list.push(["NAT entries (tracked)", count(table.count) + (table.max === null ? "" : " of " + count(table.max))]);
  }

  return list;
}

/** What is wrong with the figures themselves; empty: nothing. */
export const trouble = frame => [
  frame.totals.hasLost ? "More happened than could be read: counts are too low." : "",
  frame.guard && frame.guard.problem ? "Guard: " + plain(frame.guard.problem) + "." : "",
].filter(t => t).join(" ");
