import { Unreachable } from "./api.js";
import * as drafts from "./drafts.js";
import { edit } from "./editor.js";
import { describe } from "./fields.js";
import { link } from "./links.js";
import { announce, notify } from "./notice.js";
import * as tasks from "./tasks.js";

const UNDO_TIME = 8_000;
/** In characters, and lines of the description: what has more is folded. */
const LONG = { title: 120, description: 240, lines: 4 };
const PARTS = ["view", "check", "text", "title", "facts", "description", "whole", "edit", "delete", "gone", "undo"];
const template = document.querySelector("#row");

/** One task in the list: seen, edited in place, or deleted and not yet gone. */
export class Row {
  isDeleted = false;
  #queue = Promise.resolve();
  #sent = 0;
  #timer;
  #editor = null;
  #place;

  /** @param events what to call: `changed`, `gone` (the row is to go), `undone` (the task is to be added again), `repeated` (there is a next task) */
  constructor(task, events) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.events = events;
    this.#place = drafts.place(task.id);
    this.parts = Object.fromEntries(PARTS.map((name) => [name, this.element.querySelector(`.${name}`)]));
    this.box = this.parts.check.firstElementChild;
    this.show(task);

    this.box.addEventListener("change", () => this.#complete(this.box.checked));
    this.parts.edit.addEventListener("click", () => this.edit());
    this.parts.text.addEventListener("click", (event) => !event.target.closest("a, button") && getSelection().isCollapsed && this.edit());
    this.parts.whole.addEventListener("click", () => this.#showWhole(this.element.classList.contains("short")));
    this.parts.delete.addEventListener("click", () => this.#delete());
    this.parts.undo.addEventListener("click", () => this.#undo());
  }

  get isEdited() {
    return this.#editor !== null;
  }

  /** Whether the user, or the server, is at it. */
  get isBusy() {
    return this.isEdited || this.isDeleted || this.#sent > 0;
  }

  show(task) {
    this.task = task;
    const { title, description, whole, edit, gone } = this.parts;
    this.element.classList.toggle("done", task.completed);
    this.box.checked = task.completed;
    const text = task.description ?? "";
    if (title.textContent !== task.title || description.textContent !== text) {
      title.textContent = gone.querySelector("span").textContent = task.title;
      description.replaceChildren(...link(text));
      whole.hidden = task.title.length <= LONG.title && text.length <= LONG.description && text.split("\n").length <= LONG.lines;
      this.#showWhole(whole.hidden);
    }
    description.hidden = !text;
    this.mark();
    this.box.setAttribute("aria-label", task.title);
    edit.setAttribute("aria-label", `Edit ${task.title}`);
    this.parts.delete.setAttribute("aria-label", `Delete ${task.title}`);
  }

  /** Shows the facts as they are now: what is due becomes overdue. */
  mark() {
    const { facts } = this.parts;
    const texts = describe(this.task);
    facts.hidden = !texts.length;
    this.box.ariaDescription = texts.map(([text]) => text).join(", ");
    if (facts.textContent === texts.map(([text]) => text).join("")) return;

    facts.replaceChildren(
      ...texts.map(([text, kind]) => {
        const fact = document.createElement("span");
        [fact.textContent, fact.className, fact.dir] = [text, kind, "auto"];

        return fact;
      }),
    );
  }

  edit(draft = drafts.find(this.#place), focus = true) {
    if (this.#editor) return;

    this.#editor = edit({
      task: this.task,
      draft,
      label: `Edit ${this.task.title}`,
      keep: (typed) => drafts.keepChanges(this.#place, typed),
      save: (typed) => this.#save(typed),
      cancel: () => this.#cancel(),
    });
    this.parts.view.hidden = true;
    this.element.append(this.#editor);
    if (focus) this.#editor.elements.title.focus();
  }

  /** Resolves when the server has answered what was asked of it so far. */
  get settled() {
    return this.#queue;
  }

  #showWhole(whole) {
    this.element.classList.toggle("short", !whole);
    this.parts.whole.setAttribute("aria-expanded", whole);
    this.parts.whole.textContent = whole ? "Show less" : "Show all";
  }

  #send(request) {
    this.#sent++;
    this.#queue = this.#queue.then(request).finally(() => this.#sent--);
  }

  #complete(completed) {
    announce(completed ? `Done: ${this.task.title}` : `Pending again: ${this.task.title}`);

    // One after the other, so that the last click wins.
    this.#send(async () => {
      try {
        const before = this.task.next_task_id;
        this.show(await tasks.complete(this.task.id, completed));
        if (this.task.next_task_id !== before) this.events.repeated();
      } catch (error) {
        this.show(this.task);
        if (this.#isGone(error)) return;
        if (this.element.isConnected) notify(`“${this.task.title}” is as it was. ${error.message}`);
      }
      this.events.changed();
    });
  }

  async #save(typed) {
    try {
      if (Object.keys(typed).length) this.show(await tasks.change(this.task.id, typed));
    } catch (error) {
      if (!this.#isGone(error, { ...tasks.copy(this.task), ...typed })) throw error;

      return drafts.drop(this.#place);
    }
    drafts.drop(this.#place);
    announce(`Saved: ${this.task.title}`);
    this.#close();
    this.events.changed();
  }

  #cancel() {
    const draft = drafts.find(this.#place);
    drafts.drop(this.#place);
    this.#close();
    if (draft)
      notify("Your changes were not saved.", "Go on editing", () => {
        drafts.keep(this.#place, draft);
        this.edit(draft);
      });
  }

  #close() {
    this.#editor.remove();
    this.#editor = null;
    this.parts.view.hidden = false;
    this.parts.edit.focus();
  }

  // Sent at once: closing the page loses no deletion. Undo adds the task again.
  #delete() {
    this.#setDeleted(true);
    this.#schedule();
    this.parts.undo.focus();
    announce(`Deleted: ${this.task.title}. Undo is available.`);
    this.#send(async () => {
      try {
        await tasks.remove(this.task.id);
      } catch (error) {
        if (error.code === "TASK_NOT_FOUND") return;

        // Undone, and nobody knows whether it was deleted.
        if (!this.#timer && error instanceof Unreachable) return this.events.gone(tasks.copy(this.task));

        clearTimeout(this.#timer);
        this.#setDeleted(false);
        if (this.element.isConnected) notify(`“${this.task.title}” was not deleted. ${error.message}`);
      }
    });
  }

  async #undo() {
    clearTimeout(this.#timer);
    this.#timer = null;
    await this.#queue;
    if (this.isDeleted && this.element.isConnected) this.events.undone();
  }

  /** Whether the task was deleted elsewhere; if so, the row goes. @param typed what was not saved, to be kept as a draft */
  #isGone({ code }, typed) {
    const isGone = code === "TASK_NOT_FOUND" && this.element.isConnected;
    if (isGone) {
      this.events.gone(typed);
      notify(`“${this.task.title}” is no longer there: it was deleted elsewhere.`);
    }

    return isGone;
  }

  #setDeleted(deleted) {
    this.isDeleted = deleted;
    this.parts.view.hidden = deleted;
    this.parts.gone.hidden = !deleted;
    this.events.changed();
  }

  #schedule() {
    const timer = (this.#timer = setTimeout(async () => {
      // Nobody is hurried who is at the button, with the keyboard or the pointer.
      if (this.parts.undo.matches(":focus-visible, :hover")) return this.#schedule();

      await this.#queue;
      if (this.isDeleted && this.#timer === timer) this.events.gone();
    }, UNDO_TIME));
  }
}
