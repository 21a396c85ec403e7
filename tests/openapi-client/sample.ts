// Uses each operation and each parameter of the document; compiled, not run.
import createClient from "openapi-fetch";
import type { components, operations, paths } from "./api.d.ts";

type Task = components["schemas"]["TaskResponse"];
type ListParameters = NonNullable<operations["ListTasks"]["parameters"]["query"]>;

const api = createClient<paths>({ baseUrl: "http://localhost:8000", headers: { Authorization: "Bearer ..." } });
const user_id = "ann";

// A parameter that is missing here, or that the document does not have, is an error.
const query: Required<ListParameters> = {
    status: "pending",
    status_filter: "pending",
    completed: false,
    priority: "high",
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

export async function list(): Promise<Task[]> {
    const { data, error, response } = await api.GET("/api/{user_id}/tasks", { params: { path: { user_id }, query } });
    if (error)
        throw new Error(`${error.code}: ${error.detail} ${error.errors?.map((e) => e.field).join()}`);

    console.log(response.headers.get("X-Total-Count"), response.headers.get("Link"));

    return data;
}

export async function live(): Promise<void> {
    const path = { user_id };
    const body: Required<components["schemas"]["CreateTaskRequest"]> = {
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
    const created = await api.POST("/api/{user_id}/tasks", { params: { path }, body });
    const id = created.data!.id;
    const one = { params: { path: { user_id, id } } };

    await api.GET("/api/{user_id}/tasks/{id}", one);
    await api.PUT("/api/{user_id}/tasks/{id}", { ...one, body: { priority: null, tags: null } });
    await api.PATCH("/api/{user_id}/tasks/{id}", { ...one, body: { due_date: null } });
    const completed = await api.PATCH("/api/{user_id}/tasks/{id}/complete", { ...one, body: { completed: true } });
    const next: string | null | undefined = completed.data?.next_task_id;
    const at: string | null | undefined = completed.data?.completed_at;
    await api.PATCH("/api/{user_id}/tasks/{id}/complete", one);

    const mine = { path: { user_id, id } };
    const etag = created.response.headers.get("ETag")!;
    await api.GET("/api/{user_id}/tasks/{id}", { params: { ...mine, header: { "If-None-Match": etag } } });
    const refused = await api.PATCH("/api/{user_id}/tasks/{id}", { params: { ...mine, header: { "If-Match": etag } }, body: { title: "Buy two" } });
    if (refused.error?.code === "PRECONDITION_FAILED")
        console.log((refused.error.current as Task).title);

    await api.PUT("/api/{user_id}/tasks/{id}", {
        params: { path: { user_id, id: crypto.randomUUID() }, header: { "If-None-Match": "*" } }, body: { title: "Under an id of mine" },
    });
    await api.DELETE("/api/{user_id}/tasks/{id}", { params: { ...mine, header: { "If-Match": etag } } });
    const restored = await api.POST("/api/{user_id}/tasks/{id}/restore", one);
    await api.POST("/api/{user_id}/tasks", { params: { path, header: { "Idempotency-Key": crypto.randomUUID() } }, body });

    const changes = await api.GET("/api/{user_id}/changes", { params: { path, query: { since: restored.data!.revision, limit: 10 } } });
    for (const change of changes.data?.changes ?? [])
        console.log(change.kind, change.id, change.revision.toFixed(), change.deleted ? "gone" : (change.row as Task).title);

    const batch = await api.POST("/api/{user_id}/batch", {
        params: { path },
        body: { operations: [{ method: "PATCH", path: `/tasks/${id}/complete`, body: { completed: true }, if_match: etag }] },
    });
    console.log(batch.data?.results.map((result) => result.status), batch.error?.operation);

    const tags = await api.GET("/api/{user_id}/tags", { params: { path } });
    for (const { name, count } of tags.data ?? [])
        console.log(name, count.toFixed(), next, at);

    await api.DELETE("/api/{user_id}/tasks/{id}", one);
    await api.GET("/api/{user_id}/export", { params: { path }, parseAs: "text" });
    await api.DELETE("/api/{user_id}", { params: { path }, body: { password: "..." } });
}

// What is not allowed is an error: without one, these lines are.
// @ts-expect-error
const _unknownStatus: ListParameters = { status: "someday" };
// @ts-expect-error
const _unknownPriority: Partial<Task> = { priority: "Highest" };
// @ts-expect-error
const _noTitle: components["schemas"]["CreateTaskRequest"] = { description: "no title" };
