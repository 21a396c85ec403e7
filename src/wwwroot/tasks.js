import { base } from "./api.js";
import { call, user } from "./session.js";

const home = () => `api/${encodeURIComponent(user.id)}`;
const here = () => `${home()}/tasks`;

/** A page of tasks, and the query of the next one, if there is one (RFC 8288). */
export async function list(query) {
  const { data, headers } = await call("GET", here() + query);
  const next = /<([^>]*)>;\s*rel="next"/.exec(headers.get("Link") ?? "")?.[1];

  return { tasks: data, next: next ? new URL(next, base).search : null };
}

export const tags = async () => (await call("GET", `${home()}/tags`)).data.map((tag) => tag.name);

/** What it takes to add the task again. The recurrence of one that is done has gone on in another task. */
export function copy({ title, description, completed, priority, due_date, tags, category, recurrence }) {
  return { title, description, completed, priority, due_date, tags, category, recurrence: completed ? null : recurrence };
}

/** A task that is done already is completed as soon as it is there. */
export async function add(task) {
  const { data } = await call("POST", here(), task);

  return task.completed && !data.completed ? complete(data.id, true).catch(() => data) : data;
}

export const change = async (id, task) => (await call("PUT", `${here()}/${id}`, task)).data;

/** Sets it, rather than toggling: repeated, it does no harm. */
export const complete = async (id, completed) => (await call("PATCH", `${here()}/${id}/complete`, { completed })).data;

export const remove = (id) => call("DELETE", `${here()}/${id}`);
