import { Unreachable } from "./api.js";
import * as drafts from "./drafts.js";
import { announce, notify } from "./notice.js";
import { Row } from "./row.js";
import * as tasks from "./tasks.js";

const $ = (selector) => document.querySelector(selector);
const [list, form, failure, more] = [$("#list"), $("#add"), $("#add-error"), $("#more")];
const { title, description } = form.elements;
const nothing = {
  all: "Nothing to do yet. Add your first task above.",
  pending: "Nothing is pending. Well done.",
  done: "Nothing is done yet.",
};

/** By id, newest first. Whoever signs in gets a map of their own: answers to the one before find nothing to change. */
let rows = new Map();
let next = null;
let filter = "all";

form.addEventListener("submit", add);
form.addEventListener("input", () => (title.value || description.value ? drafts.keep("new", draft()) : drafts.drop("new")));
form.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit());
$("#detail").addEventListener("click", () => showDetails($("#detail").getAttribute("aria-expanded") === "false", true));
$("#filter").addEventListener("change", (event) => {
  filter = event.target.value;
  render();
  announce($("#empty").hidden ? $("#count").textContent : $("#empty").textContent);
});
more.addEventListener("click", showMore);

/** Empties the page: what is typed is among the drafts of the user. */
export function clear() {
  for (const row of rows.values()) row.stop();
  rows = new Map();
  next = null;
  list.replaceChildren();
  $("#count").textContent = "";
  form.reset();
  failure.hidden = true;
  showDetails(false);
}

/** Shows the tasks of whoever is signed in, with the drafts. */
export async function open() {
  clear();
  const typed = drafts.find("new");
  if (typed) {
    [title.value, description.value] = [typed.title, typed.description ?? ""];
    showDetails(Boolean(typed.description));
  }
  $("#count").textContent = "Loading…";
  $("#empty").hidden = true;
  await refresh();
}

/** Brings the newest page up to date, and leaves alone what is being edited. */
export async function refresh() {
  const mine = rows;
  const page = await tasks.list();
  if (mine !== rows) return;

  const seen = new Set(page.tasks.map((task) => task.id));
  const oldest = page.next ? page.tasks.at(-1).id : "";
  for (const [id, row] of rows) if (id >= oldest && !seen.has(id) && !row.isEdited) drop(row);

  if (!rows.size || !page.next) next = page.next;
  put(page.tasks);
}

/** Tells the server now of what is deleted here. */
export const flush = () => Promise.all([...rows.values()].map((row) => row.flush()));

function put(found) {
  for (const task of found) {
    const row = rows.get(task.id);
    if (row) row.isEdited || row.show(task);
    else insert(task);
  }
  render();
}

function insert(task) {
  const row = new Row(task, (gone) => changed(row, gone));
  rows.set(task.id, row);

  // Ids grow with time (UUIDv7): the order of the list is theirs.
  let before = list.lastElementChild;
  while (before && before.dataset.id < task.id) before = before.previousElementSibling;
  row.element.dataset.id = task.id;
  before ? before.after(row.element) : list.prepend(row.element);
  if (drafts.find(task.id)) row.edit(undefined, false);
}

function changed(row, gone) {
  if (!list.contains(row.element)) return;

  if (gone) drop(row);
  render();
}

function drop(row) {
  if (row.element.contains(document.activeElement)) focusNear(row.element);
  rows.delete(row.task.id);
  row.element.remove();
}

function render() {
  const all = [...rows.values()];
  const present = all.filter((row) => !row.isDeleted);
  const done = present.filter((row) => row.task.completed).length;
  let shown = 0;

  for (const row of all) {
    const hidden = filter !== "all" && row.task.completed !== (filter === "done") && !row.isEdited;
    if (hidden && row.element.contains(document.activeElement)) focusNear(row.element);
    row.element.hidden = hidden;
    if (!hidden) shown++;
  }

  $("#count").textContent = `${(present.length - done).toLocaleString("en")} pending, ${done.toLocaleString("en")} done${next ? `, of the newest ${present.length.toLocaleString("en")}` : ""}`;
  $("#empty").textContent = nothing[filter];
  $("#empty").hidden = shown > 0;
  more.hidden = !next;
}

/** The focus must not fall out of the page together with what had it. */
function focusNear(element) {
  const near = (side) => {
    let other = element[side];
    while (other?.hidden) other = other[side];

    return other;
  };
  const other = near("nextElementSibling") ?? near("previousElementSibling");
  ([...(other?.querySelectorAll("input, .undo") ?? [])].find((e) => e.checkVisibility()) ?? $("#tasks-heading")).focus();
}

async function add(event) {
  event.preventDefault();
  if (form.ariaBusy === "true") return;

  const mine = rows;
  const typed = draft();
  form.ariaBusy = "true";
  failure.hidden = true;
  try {
    const task = await tasks.add(typed);
    if (mine !== rows) return;

    // Whoever typed on meanwhile keeps that.
    if (title.value === typed.title && (description.value || null) === typed.description) {
      form.reset();
      drafts.drop("new");
      showDetails(false);
    }
    put([task]);
    announce(`Added: ${task.title}`);
    title.focus();
  } catch (error) {
    failure.textContent = error instanceof Unreachable ? `${error.message} The task is not added; your text is still here.` : error.message;
    failure.hidden = false;
    title.focus();
  } finally {
    form.ariaBusy = "false";
  }
}

async function showMore() {
  const mine = rows;
  more.disabled = true;
  try {
    const page = await tasks.list(next);
    if (mine !== rows) return;

    next = page.next;
    put(page.tasks);
    announce(`${page.tasks.length} more tasks`);
    rows.get(page.tasks[0]?.id)?.box.focus();
  } catch (error) {
    notify(error.message);
  } finally {
    more.disabled = false;
  }
}

const draft = () => ({ title: title.value, description: description.value || null });

function showDetails(open, focus = false) {
  $("#detail").setAttribute("aria-expanded", open);
  $("#detail").textContent = open ? "− Details" : "+ Details";
  $("#detail-field").hidden = !open;
  if (open && focus) description.focus();
}
