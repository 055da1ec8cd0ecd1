// Follows what the server tells, and says when it is lost.
const FIRST_WAIT = 1000, LONGEST_WAIT = 5000;   // ms between tries after a loss
const status = document.getElementById("status");

export function put(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** What the line at the top says. */
export function say(words, isLost) {
  put(status, words);
  status.classList.toggle("lost", isLost);
}

export const isLost = () => status.classList.contains("lost");

/** Calls take for each picture that comes; it returns true when that was the last one.
 *  live says what the line at the top says while all is well. */
export function follow(take, live) {
  let wait = FIRST_WAIT;
  const connect = () => {
    const events = new EventSource("frames");
    events.onopen = () => { wait = FIRST_WAIT; say(live(), false); };
    events.onmessage = event => {
      if (take(JSON.parse(event.data))) {
        events.close();
      }
    };
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
  };
  connect();
}
