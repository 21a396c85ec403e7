// Compiled, not run: what a program may write, and what it may not.
import { createTaskSlices, type GetToken, type ListQuery, type NewTask, type Task, type TaskChanges, TaskSlicesError } from "taskslices";

/** As `authClient.token()` of Better Auth has it. */
declare const token: () => Promise<
    | { data: { token: string }; error: null }
    | { data: null; error: { message?: string | undefined; code?: string | undefined; status: number; statusText: string } }
>;
const sources: GetToken[] = [token, () => "e30.e30.", async () => null, async () => ({ token: "e30.e30." })];
const api = createTaskSlices({ baseUrl: "http://localhost:8000", getToken: sources[0]!, fetch, retries: 3, timeout: 30_000 });

// A parameter that is missing here, or that the document does not have, is an error.
export const query: Required<ListQuery> = {
    status: "pending",
    status_filter: "pending",
    completed: false,
    priority: "high",
    category: "Garden",
    tags: ["home", "garden"],
    tag: ["garden", "home"],
    due_from: "2026-12-01",
    due_after: "2026-12-01",
    due_date_from: "2026-12-01",
    due_date_start: "2026-12-01",
    due_to: "2026-12-24T18:00",
    due_before: "2026-12-24T18:00",
    due_date_to: "2026-12-24T18:00",
    due_date_end: "2026-12-24T18:00",
    search: "tree",
    sort_by: "due_date",
    sort: "due_date",
    order: "asc",
    sort_order: "asc",
    sort_direction: "asc",
    limit: 50,
    after: "01a1fcf0-0000-7000-8000-000000000000",
    offset: 0,
    skip: 0,
    page: 1,
    count: true,
    deleted: false,
};

export const created: Required<NewTask> = {
    title: "Buy a tree",
    description: null,
    completed: false,
    priority: "urgent",
    due_date: "2026-12-24",
    tags: ["home"],
    category: "Christmas",
    recurrence: "yearly",
    recurrence_pattern: "yearly",
    recurring: "yearly",
    is_recurring: true,
};

export async function live(task: Task): Promise<string | undefined> {
    const changes: TaskChanges = { due_date: null, tags: null, priority: task.priority };
    const changed: Task = await api.updateTask(task, changes);
    const [next, at]: (string | null)[] = [changed.next_task_id, changed.completed_at];
    for await (const { tasks, revision, total } of api.listPages(query)) console.log(tasks[0]?.title, revision.toFixed(), total?.toFixed());
    const { changes: list } = await api.listChanges({ since: changed.revision, limit: 10 });
    const { results } = await api.runBatch([{ method: "PATCH", path: `/tasks/${task.id}`, body: changes, if_match: `"${task.revision}"` }]);
    try {
        await api.deleteTask(task.id, { signal: new AbortController().signal });
    } catch (error) {
        if (error instanceof TaskSlicesError && error.code === "PRECONDITION_FAILED") return error.errors[0]?.field ?? error.traceId;
    }

    return list[0]?.row?.title ?? results[0]?.etag ?? next ?? at ?? undefined;
}

// What is not allowed is an error: without one, these lines are.
// @ts-expect-error
const unknownStatus: ListQuery = { status: "someday" };
// @ts-expect-error
const unknownPriority: Partial<Task> = { priority: "None" };
// @ts-expect-error
const noTitle: NewTask = { description: "no title" };
// @ts-expect-error
const numberForToken: GetToken = () => 1;
// @ts-expect-error
export const unknownCode = (error: TaskSlicesError) => error.code === "TASK_LOST";
