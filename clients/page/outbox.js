import { connection } from "./api.js";
import { store } from "./drafts.js";
import { differ } from "./fields.js";
import { notify } from "./notice.js";
import { user } from "./session.js";
import { perform } from "./tasks.js";

// A change is in localStorage before it is sent, and until it was answered. One tab at a time sends all of them, in the order in which they
// were made. What may have arrived is sent again: its key, its entity tag or its nature keeps it from being carried out twice.
const PAUSE = 3_000;
/** The server knows a key for 48 hours. */
const KEY_LIFETIME = 47 * 3_600_000;
/** Answers that say nothing about the change itself. */
const PASSING = [401, 403, 429, 503];

/** Tells of "changed": the detail has the change, whether it is over, and the task as it is now, if the server has said so. */
export const news = new EventTarget();

let changes = new Map();
let channel = null;
let sending = Promise.resolve();
let pause = null;
let newest = 0;
/** Whom to tell what becomes of a change that was made in this tab, by its key. */
const waiting = new Map();
/** What only the memory of this page has. */
const unkept = new Map();

connection.addEventListener("found", send);
addEventListener("beforeunload", (event) => unkept.size && event.preventDefault());

/** Finds what the user has left to be sent, also in another tab or before a crash. */
export function open() {
  const start = startOf(user.id);
  const kept = local((s) => Object.keys(s).filter((place) => place.startsWith(start)).map((place) => JSON.parse(s[place]))) ?? [];
  const mine = [...unkept.values()].filter(({ owner }) => owner === user.id);
  changes = new Map([...kept, ...mine].sort((a, b) => a.at - b.at).map((change) => [change.key, { ...change, waits: true }]));
  channel = new BroadcastChannel(start);
  channel.onmessage = ({ data }) => hear(data);
  clearTimeout(pause);
  pause = null;
}

/** Forgets the user; what was not sent stays in localStorage. */
export function close() {
  changes = new Map();
  channel?.close();
  channel = null;
}

export const all = () => [...changes.values()];

export const of = (id) => all().filter((change) => change.id === id);

/** How many are still to be sent. */
export const count = () => all().filter((change) => !change.refused).length;

/** Whether it was made in this tab. */
export const isMine = (change) => waiting.has(change.key);

/** A task as it will be when its changes were sent. */
export function over(task) {
  const seen = { ...task };
  for (const { key, kind, body, waits, refused } of changes.size ? of(task.id) : []) {
    // A text on its way is still in its form, and a change of another tab is soon over, unless it waits.
    const isText = kind === "edit" || kind === "revive";
    if (refused || (!waits && (isText || !waiting.has(key)))) continue;

    Object.assign(seen, body);
    if (kind === "remove" || kind === "restore" || kind === "revive") seen.isDeleted = kind === "remove";
  }

  return seen;
}

/**
 * Makes a change: its kind, the id of the task, what is to be changed (body), and the task as the user has seen it (base).
 * @returns when it was answered, or has to wait until the server can be reached: what "changed" tells
 */
export function push(change) {
  newest = Math.max(newest + 1, Date.now());
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const outcome = new Promise((resolve) => waiting.set(key, resolve));
  keep({ id: `new:${key}`, ...change, key, at: newest, owner: user.id });
  send();

  return outcome;
}

/** Keeps a change as it is now. */
export const keep = (change) => tell({ change });

export const forget = (change) => tell({ change, isOver: true });

export function send() {
  if (!user || pause || !next()) return;

  const { id } = user;
  // Without TLS there are no locks: two tabs may send the same, which is carried out once.
  const run = () => (navigator.locks ? navigator.locks.request(`outbox:${id}`, () => sendAll(id)) : sendAll(id));
  sending = sending.then(() => next() && run()).catch(() => {});
}

/** Resolves when all was sent, or the server can’t be reached. */
export const settled = () => sending;

const next = () => all().find((change) => !change.refused);

async function sendAll(owner) {
  let change;
  while (user?.id === owner && !pause && (change = next())) {
    // Another tab has sent it, and the news is on its way.
    if (!unkept.has(change.key) && !local((s) => s.getItem(placeOf(change)))) changes.delete(change.key);
    else if (!(await carryOut(change))) return;
  }
}

/** @returns whether to go on with the next one */
async function carryOut(change) {
  const { kind, base, tried = Date.now() } = change;
  if (kind === "add" && Date.now() - tried > KEY_LIFETIME)
    return refuse(change, { message: "If this task is not in the list, add it again." });

  change.tried = tried;
  save(change);
  try {
    return finish(change, await perform(change));
  } catch (error) {
    const { status, current } = error;
    if (error.isLost || (change.waits && PASSING.includes(status))) return wait(status);
    if (kind === "remove" && status === 404) return finish(change, null);
    if (status !== 412) return refuse(change, error);
    // The answer to this very change was lost.
    if (kind === "edit" && !differ({ ...current, ...change.body }, current).length) return finish(change, current);
    if (differ(base, current).length) return refuse(change, error);

    // What the user has seen is still so.
    tell({ change: { ...change, base: current }, task: current });

    return true;
  }
}

function finish(change, task) {
  // Those that follow were made with this one in view.
  for (const later of of(change.id).filter(({ key }) => task && key !== change.key))
    keep({ ...later, id: task.id, base: later.base && !differ(later.base, task).length ? task : later.base });
  tell({ change, task, isOver: true });

  return true;
}

/** Keeps it until the user has dealt with it, together with what was changed in the same text later. */
function refuse(change, { status, message, current }) {
  const isAdded = change.kind === "add";
  let refused = { ...change, refused: { status, message, current } };
  for (const later of of(change.id).filter(({ key, kind }) => key !== change.key && (isAdded || kind === "edit"))) {
    if (later.kind === "remove") refused = null;
    else if (refused) refused.body = { ...refused.body, ...later.body };
    forget(later);
  }
  tell(refused ? { change: refused, task: current } : { change, isOver: true });

  return true;
}

/** @param status of a server that answers, and can't do it now */
function wait(status) {
  for (const change of all()) if (!change.waits && !change.refused) keep({ ...change, waits: true });
  if (unkept.size) notify("This browser has no room for what waits to be sent. Leave this page open until the server is back.");
  if (status)
    pause ??= setTimeout(() => {
      pause = null;
      send();
    }, PAUSE);

  return false;
}

/** Here and in the other tabs of the user. */
function tell(message) {
  const { change, isOver } = message;
  (isOver ? remove : save)(change);
  if (channel?.name === startOf(change.owner)) channel.postMessage(message);
  // The session may have ended meanwhile.
  if (change.owner === user?.id) hear(message);
}

function hear(message) {
  const { change, isOver } = message;
  if (isOver) changes.delete(change.key);
  else changes.set(change.key, change);
  news.dispatchEvent(new CustomEvent("changed", { detail: message }));
  if (isOver || change.waits || change.refused) waiting.get(change.key)?.(message);
}

function save(change) {
  if (local((s) => s.setItem(placeOf(change), JSON.stringify(change)) ?? true)) unkept.delete(change.key);
  else unkept.set(change.key, change);
}

function remove(change) {
  unkept.delete(change.key);
  local((s) => s.removeItem(placeOf(change)));
}

const local = (use) => store(use, "localStorage");

const startOf = (owner) => `change:${encodeURIComponent(owner)}:`;

const placeOf = ({ owner, at, key }) => `${startOf(owner)}${at}:${key}`;
