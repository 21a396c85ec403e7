import { connection } from "./api.js";
import { call } from "./session.js";
import { home } from "./tasks.js";

// A stream of what is changed, while the page can be seen. EventSource sends no header, so each stream needs a ticket. Where there is no
// stream, be there too many or a proxy that keeps it to itself, the changes are asked for.
const [SOON, LATEST] = [500, 5_000];
/** Until a stream has to be open; what lives shorter is no success. */
const LASTING = 10_000;
let current = null;
let isLost = false;

connection.addEventListener("lost", () => (isLost = true));
connection.addEventListener("found", () => {
  if (isLost) current?.wake?.();
  isLost = false;
});
addEventListener("online", () => current?.end?.());
document.addEventListener("visibilitychange", () => (document.hidden ? current?.end?.() : current?.wake?.()));

/**
 * Tells of all changes after a revision, until it is stopped.
 * @param tooOld called when they are not known any more; then it has stopped
 */
export async function follow(since, changed, tooOld) {
  if (current) return;

  const mine = (current = { since, changed });
  /** @param time 0: until it is woken */
  const sleep = (time) =>
    new Promise((resolve) => {
      mine.wake = resolve;
      if (time) setTimeout(resolve, time);
    });
  let pause = SOON;
  try {
    while (mine === current) {
      if (document.hidden) await sleep(0);
      const lasted = await listen(mine).catch(rethrow(401, 403));
      if (mine !== current || document.hidden) continue;

      await ask(mine).catch(rethrow(401, 403, 410));
      pause = lasted ? SOON : Math.min(pause * 2, LATEST);
      await sleep(isLost ? 0 : pause * (0.5 + Math.random()));
    }
  } catch ({ status }) {
    if (mine !== current) return;

    // When the session has ended, the next thing that the user does tells of it.
    current = null;
    if (status === 410) tooOld();
  }
}

export function stop() {
  const last = current;
  current = null;
  last?.end?.();
  last?.wake?.();
}

/** Goes on after each other error. */
const rethrow = (...codes) => (error) => {
  if (codes.includes(error.status)) throw error;
};

/** Resolves when the stream has ended. @returns whether it was a good one */
async function listen(mine) {
  const { data } = await call("POST", `${home()}/events/ticket`, { body: {}, isQuiet: true });
  if (mine !== current || document.hidden) return false;

  return new Promise((resolve) => {
    const source = new EventSource(`${home()}/events?${new URLSearchParams({ ticket: data.ticket, since: mine.since })}`);
    let opened = Infinity;
    mine.end = () => {
      clearTimeout(opening);
      source.close();
      resolve(performance.now() - opened > LASTING);
    };
    const opening = setTimeout(mine.end, LASTING);
    source.addEventListener("open", () => {
      opened = performance.now();
      clearTimeout(opening);
    });
    source.addEventListener("error", mine.end);
    source.addEventListener("tasks", ({ data: text, lastEventId }) => {
      mine.since = Number(lastEventId);
      mine.changed(JSON.parse(text));
    });
  });
}

async function ask(mine) {
  let page;
  do {
    ({ data: page } = await call("GET", `${home()}/changes?since=${mine.since}`, { isQuiet: true }));
    if (mine !== current) return;

    mine.since = page.next;
    page.changes.filter(({ kind }) => kind === "tasks").forEach(mine.changed);
  } while (page.more);
}
