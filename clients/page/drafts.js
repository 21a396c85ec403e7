import { user } from "./session.js";

// What is typed and not yet saved outlives an expired session and a reload of this tab. Signing out removes it.
const kept = new Map();

/** Where a draft of the user who is signed in now is kept. @param id of the task, or "new" */
export const place = (id) => `draft:${user.id}:${id}`;

export function keep(at, draft) {
  kept.set(at, draft);
  store((s) => s.setItem(at, JSON.stringify(draft)));
}

/** Without a change there is no draft. @param base the task that is changed */
export const keepChanges = (at, changes, base) => (Object.keys(changes).length ? keep(at, base ? { ...changes, base } : changes) : drop(at));

export function find(at) {
  return kept.get(at) ?? store((s) => JSON.parse(s.getItem(at)));
}

export function drop(at) {
  kept.delete(at);
  store((s) => s.removeItem(at));
}

const all = (userId) => [...kept.keys(), ...(store(Object.keys) ?? [])].filter((at) => at.startsWith(`draft:${userId}:`));

export const any = () => all(user.id).length > 0;

export function dropAll(userId) {
  all(userId).forEach(drop);
  store((s) => s.removeItem(`view:${userId}`));
}

/** Storage may be full or forbidden; then the memory of this page has to do. */
export function store(use, name = "sessionStorage") {
  try {
    return use(window[name]);
  } catch {
    return null;
  }
}
