import { edit } from "./editor.js";
import { notify } from "./notice.js";
import * as outbox from "./outbox.js";

// Tasks that are not in the list yet: on their way to the server, or refused. One that waits is a row of the list.
const list = document.querySelector("#list");
/** By the key of the change. */
const elements = new Map();

/** @param task its members, as a form has them */
export const add = (task) => outbox.push({ kind: "add", body: task });

/** Shows a change that adds a task, or that it is over. */
export function show({ change, isOver }) {
  const { key, refused, waits, body } = change;
  const old = elements.get(key);
  // It changes as somebody types in it.
  if (refused && !isOver && old?.querySelector("form")) return;

  old?.remove();
  elements.delete(key);
  if (isOver || (!refused && (waits || !outbox.isMine(change)))) return;

  const element = document.createElement("li");
  if (refused) element.append(offer(change));
  else [element.className, element.textContent] = ["adding", `Adding “${body.title}”…`];
  elements.set(key, element);
  list.prepend(element);
}

export const clear = () => elements.clear();

/** A form with what was refused, to be added again or discarded. */
function offer(change) {
  const { body, refused } = change;
  let last = change;
  const leave = () => {
    outbox.forget(last);
    document.querySelector("#title").focus();
  };

  return edit({
    task: body,
    error: refused.message,
    label: `Not added: ${body.title}`,
    saveLabel: "Add",
    cancelLabel: "Discard",
    keep: (typed) => outbox.keep((last = { ...change, body: { ...body, ...typed } })),
    save: async (typed) => {
      leave();
      add({ ...body, ...typed });
    },
    cancel: () => {
      leave();
      notify("The task was discarded.", "Bring it back", () => outbox.keep(last));
    },
  });
}
