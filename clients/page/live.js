import { connection } from "./api.js";
import { call } from "./session.js";

// A stream of what is changed, while the page can be seen. Where there is none, be there too many or a proxy that keeps it to itself, the
// changes are asked for.
const [SOON, LATEST] = [500, 5_000];
/** Until a stream has to be open, in milliseconds. */
const OPENING = 10_000;
/** What ends sooner after its first try is no success. */
const LASTING = OPENING + 1_000;
let current = null;
let isLost = false;

connection.addEventListener("lost", () => (isLost = true));
connection.addEventListener("found", () => {
  if (isLost) current?.wake?.();
  isLost = false;
});
addEventListener("online", () => current?.stream?.abort());
document.addEventListener("visibilitychange", () => (document.hidden ? current?.stream?.abort() : current?.wake?.()));

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
  last?.stream?.abort();
  last?.wake?.();
}

/** Goes on after each other error. */
const rethrow = (...codes) => (error) => {
  if (codes.includes(error.status)) throw error;
};

/** Resolves when the stream has ended. @returns whether it was a good one */
async function listen(mine) {
  const begun = performance.now();
  const { signal } = (mine.stream = new AbortController());
  const read = async (api, options) => {
    for await (const change of api.streamChanges({ since: mine.since }, { ...options, signal, timeout: OPENING })) take(mine, change);
  };
  // A stream that breaks says nothing about the connection: what is asked next does.
  await call((...args) => read(...args).catch(rethrow(401, 403)), { isQuiet: true });

  return performance.now() - begun > LASTING;
}

async function ask(mine) {
  let page;
  do {
    page = await call((api, options) => api.listChanges({ since: mine.since }, options), { isQuiet: true });
    if (mine !== current) return;

    page.changes.forEach((change) => take(mine, change));
    mine.since = page.next;
  } while (page.more);
}

function take(mine, change) {
  mine.since = change.revision;
  if (change.kind === "tasks") mine.changed(change);
}
