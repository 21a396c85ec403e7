import { base } from "./api.js";
import { call, user } from "./session.js";

/** Where what belongs to a user is. */
export const home = (id = user.id) => `api/${encodeURIComponent(id)}`;

const revival = (path, body) => ({ operations: [{ method: "POST", path: `${path}/restore` }, { method: "PUT", path, body }] });

/** How each kind of change is sent. */
const requests = {
  add: ["POST", () => "/tasks"],
  edit: ["PUT", (path) => path],
  // Sets it, rather than toggling: repeated, it does no harm.
  complete: ["PATCH", (path) => `${path}/complete`],
  remove: ["DELETE", (path) => path],
  restore: ["POST", (path) => `${path}/restore`],
  // Back with another text, or not at all.
  revive: ["POST", () => "/batch", revival],
};

/** A page of tasks, the query of the next one, if there is one (RFC 8288), and the revision at which they were read. */
export async function list(query) {
  const { data, headers } = await call("GET", `${home()}/tasks${query}`);
  const next = /<([^>]*)>;\s*rel="next"/.exec(headers.get("Link") ?? "")?.[1];

  return { tasks: data, next: next ? new URL(next, base).search : null, revision: Number(/\d+/.exec(headers.get("ETag"))) };
}

export const tags = async () => (await call("GET", `${home()}/tags`)).data.map((tag) => tag.name);

/** @returns the task as it is then; null if it is deleted */
export async function perform({ owner, kind, id, key, body, base: seen }) {
  const [method, addressOf, wrap] = requests[kind];
  const path = `/tasks/${id}`;
  const headers = {};
  if (method === "POST") headers["Idempotency-Key"] = key;
  else if (method !== "PATCH" && seen.revision) headers["If-Match"] = `"${seen.revision}"`;
  const { data } = await call(method, home(owner) + addressOf(path), { body: wrap ? wrap(path, body) : body, headers });

  return method === "DELETE" ? null : (data.results?.at(-1).body ?? data);
}
