import * as additions from "./additions.js";
import * as drafts from "./drafts.js";
import { announce, notify } from "./notice.js";
import { Row } from "./row.js";
import { user } from "./session.js";
import * as tasks from "./tasks.js";

const $ = (selector) => document.querySelector(selector);
const [list, form, more] = [$("#list"), $("#add"), $("#more")];
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
/** How many rows are wanted where no filter wants them all. */
let wanted = 0;
let loading = null;
let view = null;

form.addEventListener("submit", add);
form.addEventListener("input", () => {
  const place = drafts.place("new");
  title.value || description.value ? drafts.keep(place, draft()) : drafts.drop(place);
});
form.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit());
$("#detail").addEventListener("click", () => showDetails($("#detail").getAttribute("aria-expanded") === "false", true));
$("#filter").addEventListener("change", async (event) => {
  filter = event.target.value;
  keepView();
  render();
  await loadOlder();
  announce($("#empty").hidden ? $("#count").textContent : $("#empty").textContent);
});
more.addEventListener("click", showMore);
// What is on the screen outlives a reload; where that is in pixels does not, since rows change their height.
history.scrollRestoration = "manual";
addEventListener("pagehide", keepView);

/** Empties the page: what is typed is among the drafts of the user. */
export function clear() {
  rows = new Map();
  next = view = null;
  list.replaceChildren();
  $("#count").textContent = "";
  additions.clear();
  form.reset();
  showDetails(false);
}

/** Shows the tasks of whoever is signed in, with the drafts. */
export async function open() {
  clear();
  const typed = drafts.find(drafts.place("new"));
  if (typed) {
    [title.value, description.value] = [typed.title, typed.description ?? ""];
    showDetails(Boolean(typed.description));
  }
  additions.restore(added);
  view = drafts.store((s) => JSON.parse(s.getItem(`view:${user.id}`)));
  filter = view?.filter ?? "all";
  wanted = view?.size ?? 0;
  $(`#filter [value="${filter}"]`).checked = true;
  $("#count").textContent = "Loading…";
  $("#empty").hidden = true;
  await refresh();
}

/** Brings the newest page up to date, and leaves alone what is being edited. */
export async function refresh() {
  const [mine, known] = [rows, [...rows]];
  const page = await tasks.list();
  if (mine !== rows) return;

  const seen = new Set(page.tasks.map((task) => task.id));
  const oldest = page.next ? page.tasks.at(-1).id : "";
  for (const [id, row] of known) if (id >= oldest && !seen.has(id) && !row.isEdited && !row.isDeleted) drop(row);

  if (!rows.size || !page.next) next = page.next;
  put(page.tasks);
  await loadOlder();
  if (view?.id) showAgain(view);
  view = null;
}

/** Resolves when the server has answered everything, or can’t be reached. */
export const settled = () => Promise.all([additions.settled(), ...[...rows.values()].map((row) => row.settled)]);

function put(found) {
  for (const task of found) {
    const row = rows.get(task.id);
    if (row) row.isEdited || row.show(task);
    else insert(task);
  }
  render();
}

function insert(task) {
  const isHere = () => rows.get(task.id) === row;
  const row = new Row(task, {
    changed: () => isHere() && render(),
    gone: (unsaved) => {
      if (!isHere()) return;

      drop(row);
      if (unsaved) additions.offer({ ...unsaved, completed: row.task.completed }, added);
      render();
    },
    undone: () => undo(row),
  });
  rows.set(task.id, row);

  // Ids grow with time (UUIDv7): the order of the list is theirs.
  let before = list.lastElementChild;
  while (before && before.dataset.id < task.id) before = before.previousElementSibling;
  row.element.dataset.id = task.id;
  before ? before.after(row.element) : list.prepend(row.element);
  if (drafts.find(drafts.place(task.id))) row.edit(undefined, false);
}

function undo(row) {
  const hadFocus = row.element.contains(document.activeElement);
  const { title, description, completed } = row.task;
  drop(row);
  render();
  const near = document.activeElement;
  additions.add({ title, description, completed }, (task) => {
    put([task]);
    announce(`Back again: ${title}`);
    // Unless the focus was moved meanwhile.
    if (hadFocus && document.activeElement === near) rows.get(task.id).parts.delete.focus();
  });
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

  const [pending, completed, newest] = [present.length - done, done, present.length].map((n) => n.toLocaleString("en"));
  $("#count").textContent = `${pending} pending, ${completed} done${next ? `, of the newest ${newest}` : ""}`;
  $("#empty").textContent = loading ? "Looking at older tasks…" : nothing[filter];
  $("#empty").hidden = shown > 0;
  more.hidden = !next;
  more.disabled = Boolean(loading);
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

function add(event) {
  event.preventDefault();
  if (!title.value.trim()) {
    title.value = "";
    title.reportValidity();

    return;
  }

  additions.add(draft(), added);
  form.reset();
  drafts.drop(drafts.place("new"));
  showDetails(false);
  title.focus();
}

function added(task) {
  put([task]);
  announce(`Added: ${task.title}`);
}

async function showMore() {
  const last = list.lastElementChild;
  const size = rows.size;
  wanted = size + 1;
  await loadOlder();
  if (rows.size > size) announce(`${rows.size - size} more tasks`);
  last.nextElementSibling?.querySelector("input").focus();
}

/** Follows the pages of the list as far as they are wanted. A filter wants them all. */
async function loadOlder() {
  const isWanted = () => next && (filter !== "all" || rows.size < wanted);
  if (loading === rows || !isWanted()) return;

  const mine = (loading = rows);
  render();
  try {
    while (mine === rows && isWanted()) {
      const page = await tasks.list(next);
      if (mine !== rows) return;

      next = page.next;
      put(page.tasks);
    }
  } catch (error) {
    if (mine === rows) notify(`Not all tasks are shown. ${error.message}`, "Try again", loadOlder);
  } finally {
    if (loading === mine) loading = null;
    if (mine === rows) render();
  }
}

function keepView() {
  // Until the last one is shown again, that one is still right.
  if (!user || view) return;

  const isSeen = (row) => row.dataset.id && row.getBoundingClientRect().bottom > 0;
  const first = scrollY > 0 ? [...list.querySelectorAll("li:not([hidden])")].find(isSeen) : null;
  const kept = { filter, size: rows.size, id: first?.dataset.id, top: first?.getBoundingClientRect().top };
  drafts.store((s) => s.setItem(`view:${user.id}`, JSON.stringify(kept)));
}

function showAgain({ id, top }) {
  const row = rows.get(id)?.element;
  if (!row) return;

  row.scrollIntoView();
  scrollBy(0, row.getBoundingClientRect().top - top);
}

const draft = () => ({ title: title.value, description: description.value || null });

function showDetails(open, focus = false) {
  $("#detail").setAttribute("aria-expanded", open);
  $("#detail").textContent = open ? "− Details" : "+ Details";
  $("#detail-field").hidden = !open;
  if (open && focus) description.focus();
}
