import { user } from "./session.js";

// What is typed and not yet saved outlives an expired session and a reload of this tab. Signing out removes it.
const kept = new Map();
const key = (id) => `draft:${user.id}:${id}`;

/** @param id of the task, or "new" */
export function keep(id, draft) {
  kept.set(key(id), draft);
  store((s) => s.setItem(key(id), JSON.stringify(draft)));
}

export function find(id) {
  return kept.get(key(id)) ?? store((s) => JSON.parse(s.getItem(key(id))));
}

export function drop(id) {
  kept.delete(key(id));
  store((s) => s.removeItem(key(id)));
}

const all = (userId) => [...kept.keys(), ...(store(Object.keys) ?? [])].filter((k) => k.startsWith(`draft:${userId}:`));

export const any = () => all(user.id).length > 0;

export function dropAll(userId) {
  for (const k of all(userId)) {
    kept.delete(k);
    store((s) => s.removeItem(k));
  }
}

/** Storage may be full or forbidden; then the memory of this page has to do. */
function store(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
