import * as additions from "./additions.js";
import * as drafts from "./drafts.js";
import { addTo, fill } from "./fields.js";
import { announce, notify } from "./notice.js";
import { Row } from "./row.js";
import { user } from "./session.js";
import * as tasks from "./tasks.js";

const PAGE = 100;
/** The largest page that the server gives. */
const LARGEST = 1_000;
/** Until it is looked for what was typed. */
const PAUSE = 300;
const MINUTE = 60_000;
const $ = (selector) => document.querySelector(selector);
const [list, form, query, more] = [$("#list"), $("#add"), $("#query"), $("#more")];
const { title, description } = form.elements;
const nothing = {
  all: "Nothing to do yet. Add your first task above.",
  pending: "Nothing is pending. Well done.",
  done: "Nothing is done yet.",
};

/** By id. Whoever signs in gets a map of their own: answers to the one before find nothing to change. */
let rows = new Map();
let next = null;
/** Of the list from its beginning, the newest reading: what answers an older one comes too late. */
let reading = null;
let isLoading = false;
let view = null;
let pause;
let draft;

addTo(form);
form.addEventListener("submit", add);
form.addEventListener("input", () => drafts.keepChanges(drafts.place("new"), draft()));
form.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit());
$("#detail").addEventListener("click", () => showDetails($("#detail").getAttribute("aria-expanded") === "false", true));
query.addEventListener("submit", (event) => {
  event.preventDefault();
  choose();
});
query.addEventListener("input", ({ target }) => {
  clearTimeout(pause);
  if (target.matches("select, [type=radio]")) choose();
  else pause = setTimeout(choose, PAUSE);
});
query.elements.tags.addEventListener("focus", () => tasks.tags().then((tags) => $("#known").replaceChildren(...tags.map((tag) => new Option("", tag))), () => {}));
more.addEventListener("click", loadMore);
// With an end of the list in sight, there is to be more of it.
const observer = new IntersectionObserver((seen) => seen.at(-1).isIntersecting && loadMore(), { rootMargin: "800px" });
setInterval(() => rows.forEach((row) => row.mark()), MINUTE);
// What is on the screen outlives a reload; where that is in pixels does not, since rows change their height.
history.scrollRestoration = "manual";
addEventListener("pagehide", keepView);

/** Empties the page: what is typed is among the drafts of the user. */
export function clear() {
  clearTimeout(pause);
  rows = new Map();
  next = view = null;
  reading = {};
  list.replaceChildren();
  $("#known").replaceChildren();
  $("#count").textContent = "";
  additions.clear();
  form.reset();
  query.reset();
  showDetails(false);
}

/** Shows the tasks of whoever is signed in, with the drafts. */
export async function open() {
  clear();
  const typed = drafts.find(drafts.place("new"));
  draft = fill(form, {}, typed);
  if (typed) showDetails(Object.keys(typed).some((name) => name !== "title"));
  additions.restore(added);
  view = drafts.store((s) => JSON.parse(s.getItem(`view:${user.id}`)));
  for (const [name, value] of Object.entries(view?.asked ?? {})) query.elements[name].value = value;
  $("#count").textContent = "Loading…";
  $("#empty").hidden = true;
  await refresh();
}

/**
 * Brings what is shown up to date, and leaves alone what is being edited.
 * @param size how many tasks are wanted at least
 * @returns whether no other reading was begun meanwhile
 */
export async function refresh(size = Math.max(rows.size, view?.size ?? 0)) {
  const mine = (reading = {});
  const known = [...rows.values()];
  const found = [];
  isLoading = true;
  try {
    let rest = `?limit=${Math.min(Math.max(size, PAGE), LARGEST)}&${new URLSearchParams(new FormData(query))}`;
    do {
      const page = await tasks.list(rest);
      if (mine !== reading) return false;

      found.push(...page.tasks);
      rest = page.next;
    } while (rest && found.length < size);

    next = rest;
    const ids = new Set(found.map((task) => task.id));
    for (const row of known) if (!ids.has(row.task.id) && !row.isBusy && rows.has(row.task.id)) drop(row);
    put(found, list.firstElementChild);
  } finally {
    if (mine === reading) isLoading = false;
  }
  render();
  if (view?.id) showAgain(view);
  view = null;
  watch();

  return true;
}

/** Resolves when the server has answered everything, or can’t be reached. */
export const settled = () => Promise.all([additions.settled(), ...[...rows.values()].map((row) => row.settled)]);

/** @param place what the first of them is to stand before; what is not among them stays where it is */
function put(found, place = null) {
  const ids = new Set(found.map((task) => task.id));
  for (const task of found) {
    while (place && !ids.has(place.dataset.id)) place = place.nextElementSibling;
    const known = rows.get(task.id);
    // An older answer may come later.
    if (known && !known.isBusy && Date.parse(task.updated_at) >= Date.parse(known.task.updated_at)) known.show(task);
    const row = known ?? create(task);
    const { element } = row;
    // What is moved loses the focus: the others move around it.
    const isHeld = element.contains(document.activeElement);
    if (element === place || (isHeld && place)) place = element.nextElementSibling;
    else if (!isHeld) list.insertBefore(element, place);
    if (!known && drafts.find(drafts.place(task.id))) row.edit(undefined, false);
  }
}

function create(task) {
  const isHere = () => rows.get(task.id) === row;
  const row = new Row(task, {
    changed: () => isHere() && render(),
    gone: (unsaved) => {
      if (!isHere()) return;

      drop(row);
      if (unsaved) additions.offer(unsaved, added);
      render();
    },
    undone: () => undo(row),
    repeated: () => isHere() && refresh().catch(() => {}),
  });
  rows.set(task.id, row);
  row.element.dataset.id = task.id;

  return row;
}

function undo(row) {
  const hadFocus = row.element.contains(document.activeElement);
  drop(row);
  render();
  const near = document.activeElement;
  additions.add(tasks.copy(row.task), (task) => {
    putFirst(task);
    announce(`Back again: ${task.title}`);
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
  const { status, ...others } = asked();
  let shown = 0;

  for (const row of all) {
    const hidden = status !== "all" && row.task.completed !== (status === "done") && !row.isEdited;
    if (hidden && row.element.contains(document.activeElement)) focusNear(row.element);
    row.element.hidden = hidden;
    if (!hidden) shown++;
  }

  const [pending, completed, first] = [present.length - done, done, present.length].map((n) => n.toLocaleString("en"));
  const counts = [status !== "done" && `${pending} pending`, status !== "pending" && `${completed} done`].filter(Boolean);
  const isNarrowed = others.search.trim() || others.priority || others.tags.trim();
  $("#count").textContent = `${counts.join(", ")}${next ? `, of the first ${first}` : ""}`;
  $("#empty").textContent = isLoading ? "Looking…" : isNarrowed ? "No task is like that." : nothing[status];
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

/** Above the others, in any order, so that it is seen; the next reading puts it in its place. */
function putFirst(task) {
  const first = list.querySelector("[data-id]");
  if (!rows.has(task.id)) list.insertBefore(create(task).element, first);
  render();
}

function added(task) {
  putFirst(task);
  announce(`Added: ${task.title}`);
}

const asked = () => Object.fromEntries(new FormData(query));

async function choose() {
  clearTimeout(pause);
  view = null;
  isLoading = true;
  keepView();
  render();
  try {
    if (await refresh(0)) announce($("#empty").hidden ? $("#count").textContent : $("#empty").textContent);
  } catch (error) {
    render();
    if (user) notify(`The tasks could not be loaded. ${error.message}`, "Try again", choose);
  }
}

/** Tells of the end of the list, be it in sight already. */
function watch() {
  observer.unobserve(more);
  observer.observe(more);
}

async function loadMore() {
  if (isLoading || !next) return;

  const [mine, size] = [reading, rows.size];
  isLoading = true;
  try {
    const page = await tasks.list(next.replace(/limit=\d+/, `limit=${PAGE}`));
    if (mine !== reading) return;

    const last = list.lastElementChild;
    next = page.next;
    put(page.tasks);
    if (document.activeElement === more) {
      announce(`${rows.size - size} more tasks`);
      last.nextElementSibling?.querySelector("input").focus();
    }
    watch();
  } catch (error) {
    if (mine === reading) notify(`Not all tasks are shown. ${error.message}`, "Try again", loadMore);
  } finally {
    if (mine === reading) {
      isLoading = false;
      render();
    }
  }
}

function keepView() {
  // Until the last one is shown again, that one is still right.
  if (!user || view) return;

  const isSeen = (row) => row.dataset.id && row.getBoundingClientRect().bottom > 0;
  const first = scrollY > 0 ? [...list.querySelectorAll("li:not([hidden])")].find(isSeen) : null;
  const kept = { asked: asked(), size: rows.size, id: first?.dataset.id, top: first?.getBoundingClientRect().top };
  drafts.store((s) => s.setItem(`view:${user.id}`, JSON.stringify(kept)));
}

function showAgain({ id, top }) {
  const row = rows.get(id)?.element;
  if (!row) return;

  row.scrollIntoView();
  scrollBy(0, row.getBoundingClientRect().top - top);
}

function showDetails(open, focus = false) {
  $("#detail").setAttribute("aria-expanded", open);
  $("#detail").textContent = open ? "− Details" : "+ Details";
  $("#detail-field").hidden = !open;
  if (open && focus) description.focus();
}
