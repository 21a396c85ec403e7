import * as additions from "./additions.js";
import { dismiss } from "./conflict.js";
import * as drafts from "./drafts.js";
import { addTo, fill } from "./fields.js";
import * as kept from "./kept.js";
import * as live from "./live.js";
import { announce, notify } from "./notice.js";
import * as outbox from "./outbox.js";
import { Row } from "./row.js";
import { user } from "./session.js";
import * as tasks from "./tasks.js";

const PAGE = 100;
/** The largest page that the server gives. */
const LARGEST = 1_000;
/** Until it is looked for what was typed. */
const PAUSE = 300;
/** In which changes from elsewhere are read together. */
const GATHERING = 200;
/** Until what is shown is kept for a start without the server. */
const KEEPING = 500;
const MINUTE = 60_000;
const $ = (selector) => document.querySelector(selector);
const [list, form, query, more] = [$("#list"), $("#add"), $("#query"), $("#more")];
const { title, description } = form.elements;
/** A task with only a title. */
const EMPTY = { description: null, completed: false, priority: "none", due_date: null, recurrence: null, category: null, tags: [] };
const nothing = {
  all: "Nothing to do yet. Add your first task above.",
  pending: "Nothing is pending. Well done.",
  done: "Nothing is done yet.",
};

/** By id. Whoever signs in gets a map of their own: answers to the one before find nothing to change. */
let rows = new Map();
/** The revisions of deletions, by id: an older answer may come later. */
let deletions = new Map();
/** The ids of what was deleted here or elsewhere. */
let gone = new Set();
/** What a filter has taken away since the tasks were kept last. */
let left = [];
let next = null;
/** Of the list from its beginning, the newest reading: what answers an older one comes too late. */
let reading = null;
let isLoading = false;
let view = null;
let pause;
let gathering;
let keeping;
/** Whether a task from elsewhere is left out for now. */
let held = false;
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
outbox.news.addEventListener("changed", ({ detail }) => hear(detail));
setInterval(() => rows.forEach((row) => row.mark()), MINUTE);
// What is on the screen outlives a reload; where that is in pixels does not, since rows change their height.
history.scrollRestoration = "manual";
addEventListener("pagehide", keepView);

/** Empties the page: what is typed is among the drafts of the user. */
export function clear() {
  clearTimeout(pause);
  clearTimeout(gathering);
  clearTimeout(keeping);
  gathering = null;
  held = false;
  live.stop();
  outbox.close();
  dismiss();
  rows = new Map();
  deletions = new Map();
  gone = new Set();
  left = [];
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

/** Shows the tasks of whoever is signed in, with the drafts. @param last the tasks as they were last seen, or null */
export async function open(last) {
  clear();
  const typed = drafts.find(drafts.place("new"));
  draft = fill(form, {}, typed);
  if (typed) showDetails(Object.keys(typed).some((name) => name !== "title"));
  view = drafts.store((s) => JSON.parse(s.getItem(`view:${user.id}`)));
  for (const [name, value] of Object.entries(view?.asked ?? {})) query.elements[name].value = value;
  $("#count").textContent = "Loading…";
  $("#empty").hidden = true;
  outbox.open();
  if (last) {
    put(last);
    render();
  }
  for (const change of outbox.all()) if (change.kind === "add") hear({ change });
  outbox.send();
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
  let revision;
  isLoading = true;
  try {
    let rest = `limit=${Math.min(Math.max(size, PAGE), LARGEST)}&${new URLSearchParams(new FormData(query))}`;
    do {
      const page = await tasks.list(rest);
      if (mine !== reading) return false;

      found.push(...page.tasks);
      revision ??= page.revision;
      rest = page.next;
    } while (rest && found.length < size);

    next = rest;
    const ids = new Set(found.map((task) => task.id));
    keepStill(() => {
      for (const row of known) if (!ids.has(row.task.id) && !row.isBusy && rows.has(row.task.id)) drop(row, false);
      put(found, list.firstElementChild);
    });
  } finally {
    if (mine === reading) isLoading = false;
  }
  render();
  if (view?.id) showAgain(view);
  view = null;
  watch();
  live.follow(revision, arrive, () => refresh().catch(() => {}));
  for (const change of outbox.all()) if (change.refused) hear({ change });

  return true;
}

/** Shows what becomes of a change that is made here, in this tab or another one. */
function hear({ change, task, isOver }) {
  const { id, kind, body, base, waits } = change;
  const refused = isOver ? null : change.refused;
  const [row, isMine] = [rows.get(id), outbox.isMine(change)];
  if (kind === "add") {
    additions.show({ change, isOver });
    if (held && (isOver || refused)) gather();
    if (row && task && !rows.has(task.id)) {
      rows.delete(id);
      rows.set(task.id, row);
      row.element.dataset.id = task.id;
    } else if (row && (isOver || refused)) drop(row);
    else if (task && isMine) return added(task);
    else if (!row && waits && !refused && !isOver) putFirst({ ...EMPTY, ...body, id });
  } else if (row && kind === "remove" && isOver && !change.refused && !isMine) {
    if (row.isEdited) row.lose();
    else drop(row);
  } else if (!row && refused) putFirst(base);
  rows.get(task?.id ?? id)?.hear(change, task, refused);
  render();
}

/** Shows what was changed elsewhere. */
async function arrive({ id, revision, deleted, row: task }) {
  const mine = rows;
  if (!deleted && !rows.has(id)) {
    // It may be one that was added here, and its answer is on the way, or was lost.
    await outbox.settled();
    if (outbox.all().some(({ kind, tried, refused }) => kind === "add" && tried && !refused)) return void (held = true);
  }
  if (mine !== rows) return;

  const row = rows.get(id);
  if (deleted) deletions.set(id, revision);
  if (row && revision <= row.task.revision) return;

  if (deleted && row?.isEdited) row.lose();
  else if (deleted && row && !row.isBusy) keepStill(() => drop(row));
  else if (!deleted && row) keepStill(() => row.show(task)), row.flash();
  else if (!deleted && isPlain()) keepStill(() => insert(task));
  if (!deleted && !isPlain()) gather();
  render();
}

/** Puts a new task where it belongs, as the newest are first. */
function insert(task) {
  const place = [...list.querySelectorAll("[data-id]")].find((element) => element.dataset.id < task.id);
  if (!place && next) return;

  const row = create(task);
  list.insertBefore(row.element, place ?? null);
  row.flash();
}

/** Whether the list is by age, and of all tasks or by status. */
function isPlain() {
  const { sort_by, search, priority, tags } = asked();

  return sort_by === "created_at" && !search.trim() && !priority && !tags.trim();
}

/** Has the server filter and sort again, soon. */
function gather() {
  gathering ??= setTimeout(() => {
    gathering = null;
    held = false;
    if (isLoading) gather();
    else refresh().catch(() => {});
  }, GATHERING);
}

/** Leaves what is under the pointer, has the focus, or is first on the screen where it is; at the top of the page nothing is scrolled. */
function keepStill(work) {
  const row = scrollY > 0 ? (list.querySelector("li:hover, li:focus-within") ?? firstSeen()) : null;
  const top = row?.getBoundingClientRect().top;
  work();
  if (row?.isConnected) scrollBy(0, row.getBoundingClientRect().top - top);
}

/** @param place what the first of them is to stand before; what is not among them stays where it is */
function put(found, place = null) {
  const ids = new Set(found.map((task) => task.id));
  for (const task of found) {
    while (place && !ids.has(place.dataset.id)) place = place.nextElementSibling;
    const known = rows.get(task.id);
    if (!known && deletions.get(task.id) > task.revision) continue;

    known?.show(task);
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
  const isHere = () => row && rows.get(row.task.id) === row;
  let row = null;
  row = new Row(task, {
    changed: () => isHere() && render(),
    gone: () => {
      if (!isHere()) return;

      drop(row);
      render();
    },
  });
  rows.set(task.id, row);
  row.element.dataset.id = task.id;

  return row;
}

function drop(row, isGone = true) {
  if (isGone) gone.add(row.task.id);
  else left.push(row.task);
  if (row.element.contains(document.activeElement)) focusNear(row.element);
  rows.delete(row.task.id);
  row.element.remove();
}

function keepSoon() {
  clearTimeout(keeping);
  keeping = setTimeout(() => {
    if (!user || isLoading) return;

    const known = [...rows.values()].filter(({ task, isDeleted }) => task.revision && !isDeleted).map(({ task }) => task);
    const isWhole = isPlain() && asked().status === "all";
    kept.keep(user, isWhole ? known : [...left, ...known], gone, isWhole);
    left = [];
  }, KEEPING);
}

function render() {
  const all = [...rows.values()];
  const present = all.filter((row) => !row.isDeleted);
  const done = present.filter((row) => row.seen.completed).length;
  const { status, ...others } = asked();
  let shown = 0;

  for (const row of all) {
    const hidden = status !== "all" && row.seen.completed !== (status === "done") && !row.isEdited;
    if (hidden && row.element.contains(document.activeElement)) focusNear(row.element);
    row.element.hidden = hidden;
    if (!hidden) shown++;
  }

  const [pending, completed, first] = [present.length - done, done, present.length].map((n) => n.toLocaleString("en"));
  const counts = [status !== "done" && `${pending} pending`, status !== "pending" && `${completed} done`].filter(Boolean);
  const isNarrowed = others.search.trim() || others.priority || others.tags.trim();
  const isNew = !all.length && !isLoading && !isNarrowed && status === "all" && !query.contains(document.activeElement);
  query.classList.toggle("away", isNew);
  $("#count").textContent = `${counts.join(", ")}${next ? `, of the first ${first}` : ""}`;
  $("#empty").textContent = isLoading ? "Looking…" : isNarrowed ? "No task is like that." : nothing[status];
  $("#empty").hidden = shown > 0;
  more.hidden = !next;
  keepSoon();
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

  additions.add(draft());
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

  const first = scrollY > 0 ? firstSeen() : null;
  const kept = { asked: asked(), size: first ? rows.size : 0, id: first?.dataset.id, top: first?.getBoundingClientRect().top };
  drafts.store((s) => s.setItem(`view:${user.id}`, JSON.stringify(kept)));
}

const firstSeen = () => [...list.querySelectorAll("[data-id]:not([hidden])")].find((row) => row.getBoundingClientRect().bottom > 0);

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
