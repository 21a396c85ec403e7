import { differ, say } from "./fields.js";

const dialog = document.querySelector("#conflict");
const [buttons, lists] = [[...dialog.querySelectorAll("button")], [...dialog.querySelectorAll("dl")]];

for (const button of buttons) button.addEventListener("click", () => dialog.close(button.value));

/**
 * Has the user choose between two versions of a task.
 * @param theirs null if it was deleted
 * @returns "mine", "theirs", or "" if that is put off
 */
export function choose(mine, theirs) {
  // Who is choosing already is asked again at the next try.
  if (dialog.open) return "";

  const texts = theirs
    ? ["Changed in two places", "Your version", "Keep yours", "The other version", "Keep the other"]
    : ["Deleted elsewhere", "Your version", "Bring it back like this", "Deleted", "Leave it deleted"];
  const [heading, title, my, their] = dialog.querySelectorAll("h2, p, h3");
  [heading, my, buttons[0], their, buttons[1]].forEach((element, i) => (element.textContent = texts[i]));
  title.textContent = (theirs ?? mine).title;
  const names = differ(mine, theirs ?? { priority: "none" });
  [mine, theirs].forEach((task, i) => lists[i].replaceChildren(...(task ? names.flatMap((name) => write(say(name, task))) : [])));
  dialog.returnValue = "";
  dialog.showModal();

  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

/** Puts it off. */
export const dismiss = () => dialog.open && dialog.close("");

function write(texts) {
  const nodes = [document.createElement("dt"), document.createElement("dd")];
  nodes.forEach((node, i) => ([node.textContent, node.dir] = [texts[i], "auto"]));

  return nodes;
}
