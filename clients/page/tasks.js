import { call } from "./session.js";

/** How each kind of change is sent. */
const requests = {
  add: (api, { body }, options) => api.createTask(body, options),
  edit: (api, { task, body }, options) => api.updateTask(task, body, options),
  // Sets it, rather than toggling: repeated, it does no harm.
  complete: (api, { id, body }, options) => api.toggleTask(id, body.completed, options),
  remove: (api, { task }, options) => api.deleteTask(task, options).then(() => null),
  restore: (api, { id }, options) => api.restoreTask(id, options),
  // Back with another text, or not at all.
  revive: async (api, { id, body }, options) => {
    const path = `/tasks/${id}`;
    const { results } = await api.runBatch([{ method: "POST", path: `${path}/restore` }, { method: "PUT", path, body }], options);

    return results.at(-1).body;
  },
};

/** A page of tasks, the query of the next one, if there is one, and the revision at which they were read. */
export const list = (query) => call((api, options) => api.listTasks(query, options));

export const tags = async () => (await call((api, options) => api.listTags(options))).map((tag) => tag.name);

/** @returns the task as it is then; null if it is deleted */
export function perform({ owner, kind, id, key, body, base: seen }) {
  const task = seen?.revision ? { ...seen, id } : id;

  return call((api, options) => requests[kind](api, { id, task, body }, { ...options, idempotencyKey: key }), { owner });
}
