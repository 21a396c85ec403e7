import { base } from "./api.js";

// The tasks as they were last seen, for a start without the server. Nothing is left of them when their user is signed out.
const [NAME, PLACE, LIMIT] = [`tasks ${base}`, `${base}tasks`, 1_000];
let last = Promise.resolve();

/** @param gone the ids of those that are deleted @param isWhole whether there are no others */
export const keep = (user, tasks, gone, isWhole) =>
  use(async (cache) => {
    const before = isWhole ? null : await read(cache);
    const all = new Map([...(before?.user.id === user.id ? before.tasks : []), ...tasks].map((task) => [task.id, task]));
    gone.forEach((id) => all.delete(id));
    const newest = [...all.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, LIMIT);
    await cache.put(PLACE, new Response(JSON.stringify({ user, tasks: newest })));
  });

/** The user and the tasks, the newest first. */
export const find = () => use(read);

export const drop = () => use(() => caches.delete(NAME));

const read = async (cache) => (await cache.match(PLACE))?.json();

/** One after the other. The storage may be full or forbidden; without TLS there is none, and no start without the server. */
function use(work) {
  return (last = last.then(async () => work(await caches.open(NAME))).catch(() => null));
}
