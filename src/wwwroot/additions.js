import { connection, Unreachable } from "./api.js";
import * as drafts from "./drafts.js";
import { edit } from "./editor.js";
import { notify } from "./notice.js";
import * as tasks from "./tasks.js";

// Tasks on their way to the server: one after the other in the order of entry, each sent once. One that fails becomes a draft of its own.
const list = document.querySelector("#list");
const waiting = [];
const UNKNOWN = "If this task is not in the list, add it again.";
let sending = null;
let newest = 0;

connection.addEventListener("found", sendAll);
addEventListener("beforeunload", (event) => (sending || waiting.length) && event.preventDefault());

/** @param added called with the task as the server has it */
export function add(task, added) {
  const place = newPlace();
  const element = document.createElement("li");
  element.className = "adding";
  element.textContent = `Adding “${task.title}”…`;
  list.prepend(element);
  drafts.keep(place, { ...task, error: "This task is not added yet." });
  waiting.push({ task, added, place, element });
  sendAll();
}

/** Shows a task that is not on the server, to be added or discarded. */
export function offer(task, added, error = UNKNOWN, place = newPlace()) {
  drafts.keep(place, { ...task, error });
  const element = document.createElement("li");
  const leave = () => {
    drafts.drop(place);
    element.remove();
    document.querySelector("#title").focus();
  };
  element.append(
    edit({
      task,
      error,
      label: `Not added: ${task.title}`,
      saveLabel: "Add",
      cancelLabel: "Discard",
      keep: (typed) => drafts.keep(place, { ...task, ...typed, error }),
      save: async (typed) => {
        leave();
        add({ ...task, ...typed }, added);
      },
      cancel: () => {
        const { error, ...last } = drafts.find(place);
        leave();
        notify("The task was discarded.", "Bring it back", () => offer(last, added, error));
      },
    }),
  );
  list.prepend(element);
}

/** Shows what was not added when the page was left. */
export function restore(added) {
  for (const place of drafts.all(drafts.place("add:"))) {
    const { error, ...task } = drafts.find(place);
    offer(task, added, error, place);
  }
}

/** Leaves what waits among the drafts. */
export const clear = () => waiting.splice(0);

/** Resolves when what waits was sent, or the server can’t be reached. */
export const settled = async () => sending;

function newPlace() {
  newest = Math.max(newest + 1, Date.now());

  return drafts.place(`add:${newest}`);
}

function sendAll() {
  if (!sending && waiting.length) sending = sendWaiting().finally(() => (sending = null));
}

async function sendWaiting() {
  while (waiting.length && (await send(waiting.shift())));
}

/** Gives false if the server can’t be reached: then the others wait until it can. */
async function send({ task, added, place, element }) {
  let created;
  drafts.keep(place, { ...task, error: UNKNOWN });
  try {
    created = await tasks.add(task);
  } catch (error) {
    const isAway = error instanceof Unreachable;
    const reason = isAway ? `${error.message} ${UNKNOWN}` : error.message;
    drafts.keep(place, { ...task, error: reason });
    if (element.isConnected) offer(task, added, reason, place);
    element.remove();

    return !isAway;
  }

  drafts.drop(place);
  if (element.isConnected) added(created);
  element.remove();

  return true;
}
