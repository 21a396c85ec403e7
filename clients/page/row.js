import { choose } from "./conflict.js";
import * as drafts from "./drafts.js";
import { edit, fail } from "./editor.js";
import { describe, differ } from "./fields.js";
import { link } from "./links.js";
import { announce, notify } from "./notice.js";
import * as outbox from "./outbox.js";

const UNDO_TIME = 8_000;
const FLASH = 2_000;
const WAITING = "Waiting to be sent";
const DELETED = "This task was deleted elsewhere: save to bring it back with your text.";
/** In characters, and lines of the description: what has more is folded. */
const LONG = { title: 120, description: 240, lines: 4 };
const PARTS = ["view", "check", "text", "title", "facts", "description", "whole", "edit", "delete", "gone", "waiting", "undo"];
const template = document.querySelector("#row");

/** One task in the list, as the server has it, with what waits to be sent over it: seen, edited in place, or deleted and not yet gone. */
export class Row {
  isDeleted = false;
  #last;
  #timer;
  #editor = null;
  /** What the editor changes, and the refused change that is in it. */
  #base;
  #refused;
  #isLost = false;

  /** @param events what to call: `changed`, or `gone` when the row is to go */
  constructor(task, events) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.events = events;
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

  /** Whether the user is at it, or something is to be sent. */
  get isBusy() {
    return this.isEdited || this.isDeleted || outbox.of(this.task.id).length > 0;
  }

  get #place() {
    return drafts.place(this.task.id);
  }

  /** Shows it again. What is older than what is known is left out. */
  show(task = this.task) {
    const isNewer = task.revision > this.task?.revision;
    if (this.task && task.id !== this.task.id) this.#rename(task);
    else if (isNewer || !this.task?.revision) this.task = task;
    if (this.isEdited && !differ(this.#base, this.task).length) this.#base = this.task;
    if (isNewer) this.#isLost = false;
    this.seen = outbox.over(this.task);
    if (this.seen.isDeleted !== undefined || isNewer) this.#setDeleted(this.seen.isDeleted ?? false);

    const { element, parts, seen } = this;
    const { title, description, whole, gone } = parts;
    element.classList.toggle("done", seen.completed);
    this.box.checked = seen.completed;
    const text = seen.description ?? "";
    if (title.textContent !== seen.title || description.textContent !== text) {
      title.textContent = gone.querySelector("span").textContent = seen.title;
      description.replaceChildren(...link(text));
      whole.hidden = seen.title.length <= LONG.title && text.length <= LONG.description && text.split("\n").length <= LONG.lines;
      this.#showWhole(whole.hidden);
    }
    description.hidden = !text;
    this.mark();
    this.box.setAttribute("aria-label", seen.title);
    parts.edit.setAttribute("aria-label", `Edit ${seen.title}`);
    parts.delete.setAttribute("aria-label", `Delete ${seen.title}`);
  }

  /** Shows the facts as they are now: what is due becomes overdue. */
  mark() {
    const { facts, waiting } = this.parts;
    const isWaiting = outbox.of(this.task.id).some((change) => change.waits && !change.refused);
    const texts = [...(isWaiting ? [[WAITING, "waiting"]] : []), ...describe(this.seen)];
    [waiting.hidden, waiting.textContent] = [!isWaiting, isWaiting ? WAITING : ""];
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

  /** Draws the eye to what was changed elsewhere. */
  flash() {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!isStill) this.element.animate({ backgroundColor: ["var(--soft)", "transparent"] }, FLASH);
  }

  edit(draft = drafts.find(this.#place), focus = true, error = "") {
    if (this.#editor) return;

    this.#base = draft?.base ?? this.seen;
    this.#editor = edit({
      task: this.#base,
      draft,
      error,
      label: `Edit ${this.seen.title}`,
      keep: (typed) => drafts.keepChanges(this.#place, typed, this.#base),
      save: (typed) => this.#save(typed),
      cancel: () => this.#cancel(),
    });
    this.parts.view.hidden = true;
    this.element.append(this.#editor);
    if (focus) this.#editor.elements.title.focus();
  }

  /** What has become of a change of this task. @param isRefused whether that is new */
  hear(change, task, isRefused) {
    this.show(task ?? this.task);
    if (isRefused) this.#refuse(change);
  }

  /** It was deleted elsewhere, while it is edited. */
  lose() {
    this.#isLost = true;
    this.#setDeleted(false);
    if (this.isEdited) fail(this.#editor, DELETED);
  }

  #showWhole(whole) {
    this.element.classList.toggle("short", !whole);
    this.parts.whole.setAttribute("aria-expanded", whole);
    this.parts.whole.textContent = whole ? "Show less" : "Show all";
  }

  /** The server has given it an id. */
  #rename(task) {
    const draft = drafts.find(this.#place);
    drafts.drop(this.#place);
    this.task = task;
    if (draft) drafts.keep(this.#place, draft);
  }

  #push(kind, body, base = this.seen) {
    return (this.#last = outbox.push({ kind, id: this.task.id, body, base }));
  }

  #complete(completed) {
    announce(completed ? `Done: ${this.seen.title}` : `Pending again: ${this.seen.title}`);
    this.#push("complete", { completed });
  }

  /** Sends it as a change of the base; if that is not what the server has, the user chooses. */
  async #save(typed, base = this.#base, kind = "edit") {
    if (Object.keys(typed).length) {
      const { change } = await this.#push(kind, typed, base);
      const { status, message, current } = change.refused ?? {};
      if (change.refused) outbox.forget(change);
      if (status === 412 || status === 404) return this.#choose(typed, current ?? null);
      if (change.refused) throw new Error(message);

      announce(`${change.waits ? WAITING : "Saved"}: ${this.seen.title}`);
    }
    this.#close();
  }

  /** @param current what the server has; null if it is deleted */
  async #choose({ base, ...typed }, current) {
    const choice = await choose({ ...(current ?? this.#base), ...typed }, current);
    if (!this.isEdited || !choice) return;
    if (choice === "mine") return this.#save(typed, current ?? this.#base, current ? "edit" : "revive");

    this.#isLost = !current;
    this.#close();
  }

  #cancel() {
    const draft = drafts.find(this.#place);
    // There would be nothing to go on with.
    if (draft && this.#isLost) return this.#choose(draft, null).catch(({ message }) => fail(this.#editor, message));

    this.#close();
    if (draft)
      notify("Your changes were not saved.", "Go on editing", () => {
        drafts.keep(this.#place, draft);
        this.edit(draft);
      });
  }

  #close() {
    const hadFocus = this.#editor.contains(document.activeElement);
    drafts.drop(this.#place);
    if (this.#refused) outbox.forget(this.#refused);
    this.#editor.remove();
    this.#editor = this.#refused = null;
    this.parts.view.hidden = this.isDeleted;
    if (hadFocus) this.parts.edit.focus();
    this.events.changed();
    const other = outbox.of(this.task.id).find(({ refused }) => refused);
    if (other) this.#refuse(other);
    else if (this.#isLost && !this.isBusy) this.events.gone();
  }

  // Sent at once: closing the page loses no deletion.
  #delete() {
    announce(`Deleted: ${this.seen.title}. Undo is available.`);
    this.#push("remove");
    this.parts.undo.focus();
  }

  #undo() {
    announce(`Back again: ${this.seen.title}`);
    this.#push("restore");
    this.parts.delete.focus();
  }

  #refuse(change) {
    const { kind, refused: { status, message } } = change;
    const { title } = this.seen;
    if (kind === "edit" || kind === "revive") {
      // Else it is told in the editor.
      if (this.isEdited) return;

      const reason = { 404: DELETED, 412: "This task was changed elsewhere too: save to choose between the two." }[status] ?? message;
      this.#refused = change;
      this.edit({ ...change.body, base: change.base }, false, `Not saved. ${reason}`);

      return notify(`Your changes of “${title}” were not saved. ${reason}`);
    }

    outbox.forget(change);
    if (kind === "remove") {
      this.#setDeleted(false);
      if (status === 412) notify(`“${title}” was not deleted: it was changed elsewhere.`, "Delete it", () => this.#delete());
      else notify(`“${title}” was not deleted. ${message}`);
    } else if (status !== 404) notify(`“${title}” is as it was. ${message}`);
    else if (this.isEdited) this.lose();
    else {
      this.events.gone();
      notify(`“${title}” is no longer there: it was deleted elsewhere.`);
    }
  }

  #setDeleted(deleted) {
    if (deleted === this.isDeleted) return;

    clearTimeout(this.#timer);
    this.isDeleted = deleted;
    this.parts.view.hidden = deleted || this.isEdited;
    this.parts.gone.hidden = !deleted;
    this.events.changed();
    if (deleted) this.#schedule();
  }

  #schedule() {
    const timer = (this.#timer = setTimeout(async () => {
      await this.#last;
      if (!this.isDeleted || this.#timer !== timer) return;

      // Nobody is hurried who is at the button, with the keyboard or the pointer.
      if (this.parts.undo.matches(":focus-visible, :hover") || outbox.of(this.task.id).length) this.#schedule();
      else this.events.gone();
    }, UNDO_TIME));
  }
}
