import * as drafts from "./drafts.js";
import { announce, notify } from "./notice.js";
import * as tasks from "./tasks.js";

const UNDO_TIME = 8_000;
const PARTS = ["view", "check", "text", "title", "description", "edit", "delete", "gone", "undo"];
const template = document.querySelector("#row");
const editorTemplate = document.querySelector("#editor");

/** One task in the list: seen, edited in place, or deleted and not yet gone. */
export class Row {
  #queue = Promise.resolve();
  #timer = null;
  #editor = null;
  #saving = false;

  /** @param changed called when the task, or whether it is there, has changed; with true when the row is gone */
  constructor(task, changed) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.changed = changed;
    this.parts = Object.fromEntries(PARTS.map((name) => [name, this.element.querySelector(`.${name}`)]));
    this.box = this.parts.check.firstElementChild;
    this.show(task);

    this.box.addEventListener("change", () => this.#complete(this.box.checked));
    this.parts.edit.addEventListener("click", () => this.edit());
    this.parts.text.addEventListener("click", () => getSelection().isCollapsed && this.edit());
    this.parts.delete.addEventListener("click", () => this.#delete());
    this.parts.undo.addEventListener("click", () => this.#undo());
  }

  get isEdited() {
    return this.#editor !== null;
  }

  get isDeleted() {
    return this.#timer !== null;
  }

  show(task) {
    this.task = task;
    const { title, description, edit, gone } = this.parts;
    this.element.classList.toggle("done", task.completed);
    this.box.checked = task.completed;
    title.textContent = gone.querySelector("span").textContent = task.title;
    description.textContent = task.description ?? "";
    description.hidden = !task.description;
    this.box.setAttribute("aria-label", task.title);
    edit.setAttribute("aria-label", `Edit ${task.title}`);
    this.parts.delete.setAttribute("aria-label", `Delete ${task.title}`);
  }

  edit(draft = drafts.find(this.task.id), focus = true) {
    if (this.#editor) return;

    const editor = (this.#editor = editorTemplate.content.firstElementChild.cloneNode(true));
    editor.setAttribute("aria-label", `Edit ${this.task.title}`);
    for (const field of editor.querySelectorAll(".field")) {
      const [label, input] = field.children;
      label.htmlFor = input.id = `${input.name}-${this.task.id}`;
    }

    const { title, description } = editor.elements;
    title.value = draft?.title ?? this.task.title;
    description.value = draft?.description ?? this.task.description ?? "";
    editor.addEventListener("input", () => drafts.keep(this.task.id, { title: title.value, description: description.value }));
    editor.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    editor.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#cancel();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#save();
    });
    editor.querySelector(".cancel").addEventListener("click", () => this.#cancel());

    this.parts.view.hidden = true;
    this.element.append(editor);
    if (focus) title.focus();
  }

  /** Nobody is there any more to undo anything: the task stays. */
  stop() {
    clearTimeout(this.#timer);
  }

  /** Deletes it now, rather than when the time to undo is over. */
  async flush() {
    if (this.isDeleted) await this.#remove();
  }

  async #complete(completed) {
    announce(completed ? `Done: ${this.task.title}` : `Pending again: ${this.task.title}`);

    // One after the other, so that the last click wins.
    this.#queue = this.#queue.then(async () => {
      try {
        this.show(await tasks.complete(this.task.id, completed));
      } catch (error) {
        this.show(this.task);
        if (this.element.isConnected) notify(`“${this.task.title}” is as it was. ${error.message}`);
      }
      this.changed();
    });
  }

  async #save() {
    const { title, description } = this.#editor.elements;
    const error = this.#editor.querySelector(".error");
    if (this.#saving) return;

    this.#saving = true;
    error.hidden = true;
    try {
      this.show(await tasks.change(this.task.id, { title: title.value, description: description.value || null }));
      drafts.drop(this.task.id);
      announce(`Saved: ${this.task.title}`);
      this.#close();
      this.changed();
    } catch (refusal) {
      error.textContent = refusal.message;
      error.hidden = false;
      title.focus();
    } finally {
      this.#saving = false;
    }
  }

  #cancel() {
    const draft = drafts.find(this.task.id);
    drafts.drop(this.task.id);
    this.#close();
    if (draft && (draft.title !== this.task.title || draft.description !== (this.task.description ?? "")))
      notify("Your changes were not saved.", "Go on editing", () => {
        drafts.keep(this.task.id, draft);
        this.edit(draft);
      });
  }

  #close() {
    this.#editor.remove();
    this.#editor = null;
    this.parts.view.hidden = false;
    this.parts.edit.focus();
  }

  // The server is told when the time to undo is over. If the tab is closed before, the task is still there: nothing is lost.
  #delete() {
    this.#schedule();
    this.#swap(true);
    this.parts.undo.focus();
    announce(`Deleted: ${this.task.title}. Undo is available.`);
    this.changed();
  }

  #undo() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#swap(false);
    this.parts.delete.focus();
    announce(`Back again: ${this.task.title}`);
    this.changed();
  }

  #swap(deleted) {
    this.parts.view.hidden = deleted;
    this.parts.gone.hidden = !deleted;
  }

  #schedule() {
    // Nobody is hurried who is at the button, with the keyboard or the pointer.
    this.#timer = setTimeout(() => (this.parts.undo.matches(":focus-visible, :hover") ? this.#schedule() : this.#remove()), UNDO_TIME);
  }

  async #remove() {
    clearTimeout(this.#timer);
    this.parts.undo.disabled = true;
    try {
      await tasks.remove(this.task.id);
    } catch (error) {
      if (error.status !== 404) {
        this.#timer = null;
        this.parts.undo.disabled = false;
        this.#swap(false);
        this.changed();
        notify(`“${this.task.title}” was not deleted. ${error.message}`);

        return;
      }
    }
    this.changed(true);
  }
}
