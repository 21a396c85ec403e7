import { store } from "./drafts.js";

// Keys without Ctrl or Alt, while nothing is typed. Who presses them unmeant can turn them off (WCAG 2.1.4).
const $ = (selector) => document.querySelector(selector);
const [dialog, box, list] = [$("#keys"), $("#keys input"), $("#list")];
const actions = {
  n: () => $("#title").focus(),
  "/": () => $("#query [type=search]").focus(),
  j: () => step(1),
  k: () => step(-1),
  x: () => press("[type=checkbox]"),
  e: () => press(".edit"),
  d: () => press(".delete"),
  z: () => press(".undo", list),
  "?": () => dialog.showModal(),
};

export function listen() {
  const use = (work) => store(work, "localStorage");
  box.checked = !use((s) => s.getItem("keys"));
  box.addEventListener("change", () => use((s) => (box.checked ? s.removeItem("keys") : s.setItem("keys", "off"))));
  $("#show-keys").addEventListener("click", actions["?"]);
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]") || $("#tasks").hidden || !box.checked) return;

    if (target.matches("select, textarea, input:not([type=checkbox], [type=radio])")) {
      if (key === "Escape") target.blur();
    } else if (Object.hasOwn(actions, key)) {
      event.preventDefault();
      actions[key]();
    }
  });
}

const rows = () => [...list.querySelectorAll(":scope > li:not([hidden])")];

const here = () => rows().find((row) => row.contains(document.activeElement));

/** Goes to the next row, or the one before. */
function step(by) {
  const all = rows();
  const at = all.indexOf(here());
  const row = all[at < 0 ? 0 : at + by];
  find(row, "input, .undo")?.focus();
}

const press = (selector, where = here()) => find(where, selector)?.click();

const find = (where, selector) => [...(where?.querySelectorAll(selector) ?? [])].find((element) => element.checkVisibility());
