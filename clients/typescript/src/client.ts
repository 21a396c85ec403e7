import { TaskSlicesError } from "./error.js";
import { newId } from "./ids.js";
import type { components, operations } from "./openapi.js";
import { type Call, type CallOptions, failureOf, linesOf, type Settings, throwIfAborted, Transport } from "./transport.js";

type Schemas = components["schemas"];

export type Task = Schemas["TaskResponse"];
export type NewTask = Schemas["CreateTaskRequest"];
export type TaskChanges = NonNullable<Schemas["UpdateTaskRequest"]>;
export type Tag = Schemas["TagResponse"];
export type Change = Omit<Schemas["Change"], "row"> & { row: Task | null };
export type Operation = Schemas["BatchOperation"];
export type OperationResult = Schemas["BatchResult"];
export type ListQuery = NonNullable<operations["ListTasks"]["parameters"]["query"]>;

/** A task as it was read: if it was changed since, the call is refused with PRECONDITION_FAILED. Or its id: then it is changed in any case. */
export type TaskOrId = Task | string;

export interface CreateOptions extends CallOptions {
    /** One for each thing to do; made by the client if it is left out. The server knows it for 48 hours. */
    idempotencyKey?: string;
}

export interface TaskPage {
    tasks: Task[];
    /** Of the user's last change: where {@link TaskSlices.listChanges} goes on. */
    revision: number;
    /** With `count: true`. */
    total: number | undefined;
    /** For `listTasks`: the page after this one. */
    next: string | undefined;
}

/** A comment comes every 20 s. */
const SILENCE = 60_000;

/** One function for each operation of the API, for the user of the token. */
export function createTaskSlices(settings: Settings) {
    const transport = new Transport(settings);

    async function listTasks(query: ListQuery | string = {}, options?: CallOptions): Promise<TaskPage> {
        return transport.send<TaskPage>(
            { method: "GET", path: "/tasks", query: textOf(query), isRepeatable: true, ...options },
            (text, { headers }) => {
                const tasks: Task[] = JSON.parse(text);
                // A proxy may take the tag away: then what is between these and the last change comes again.
                const revision = /\d+/.exec(headers.get("ETag") ?? "")?.[0] ?? tasks.reduce((last, task) => Math.max(last, task.revision), 0);

                return {
                    tasks,
                    revision: Number(revision),
                    total: headers.has("X-Total-Count") ? Number(headers.get("X-Total-Count")) : undefined,
                    next: /<[^>?]*\?([^>]*)>; rel="next"/.exec(headers.get("Link") ?? "")?.[1],
                };
            },
        );
    }

    return {
        /** After a sign-out, or when another user signs in. */
        forgetToken: () => transport.tokens.forget(),

        /** The subject of the token. */
        getUserId: async () => (await transport.tokens.get()).userId,

        /** All that the query finds, or with `limit` one page of it. */
        listTasks,

        /** The pages of a list, a hundred tasks each if `limit` is left out. */
        async *listPages(query: ListQuery = {}, options?: CallOptions): AsyncGenerator<TaskPage, void, void> {
            let next: ListQuery | string | undefined = { limit: 100, ...query };
            while (next !== undefined) {
                const page: TaskPage = await listTasks(next, options);
                yield page;
                next = page.next;
            }
        },

        getTask: (id: string, options?: CallOptions) =>
            transport.send<Task>({ method: "GET", path: pathOf(id), isRepeatable: true, ...options }),

        createTask: (body: NewTask, options?: CreateOptions) => transport.send<Task>(post("/tasks", body, options)),

        /** What is left out stays as it is. */
        updateTask: (task: TaskOrId, body: TaskChanges, options?: CallOptions) =>
            transport.send<Task>({
                method: "PATCH",
                ...change(task),
                body,
                settle: ({ status, current }) => (status === 412 && has(current, body) ? current : undefined),
                ...options,
            }),

        /** Sets whether it is done; without `completed`, the other way round. */
        toggleTask: (task: TaskOrId, completed?: boolean, options?: CallOptions) =>
            transport.send<Task>({
                method: "PATCH",
                ...change(task, "/complete"),
                body: completed === undefined ? {} : { completed },
                isRepeatable: completed !== undefined || typeof task !== "string",
                settle: ({ status, current }) => {
                    const wanted = completed ?? (typeof task !== "string" && !task.completed);

                    return status === 412 && has(current, { completed: wanted }) ? current : undefined;
                },
                ...options,
            }),

        /** It can be restored for 30 days. */
        deleteTask: (task: TaskOrId, options?: CallOptions) =>
            transport.send<Schemas["DeleteTaskResponse"]>({
                method: "DELETE",
                ...change(task),
                settle: ({ status }) => (status === 404 ? { id: idOf(task), message: "Task deleted" } : undefined),
                ...options,
            }),

        restoreTask: (task: TaskOrId, options?: CreateOptions) =>
            transport.send<Task>(post(`${pathOf(idOf(task))}/restore`, undefined, options)),

        listTags: (options?: CallOptions) => transport.send<Tag[]>({ method: "GET", path: "/tags", isRepeatable: true, ...options }),

        /** All of them or none. */
        runBatch: (list: Operation[], options?: CreateOptions) =>
            transport.send<{ results: OperationResult[] }>(post("/batch", { operations: list }, options)),

        /** What was changed and deleted since a revision. */
        listChanges: (query: { since: number; limit?: number }, options?: CallOptions) =>
            transport.send<{ changes: Change[]; next: number; more: boolean }>(
                { method: "GET", path: "/changes", query: textOf(query), isRepeatable: true, ...options },
            ),

        /** The same as they happen, until the stream ends, with the token at the latest. NO_STREAMS where fetch has none (React Native). */
        async *streamChanges(query: { since?: number } = {}, options?: CallOptions): AsyncGenerator<Change, void, void> {
            const call: Call<Response> = { method: "GET", path: "/events", query: textOf(query), isRepeatable: true, ...options };
            const response = transport.hasStreams ? await transport.open(call) : undefined;
            if (!response?.body) throw new TaskSlicesError({ code: "NO_STREAMS", status: 0, message: "This fetch has no streams." });

            try {
                for await (const line of linesOf(response, SILENCE)) if (line.startsWith("data:")) yield JSON.parse(line.slice(5));
            } catch (error) {
                throwIfAborted(options?.signal);
                throw failureOf(error);
            }
        },

        /** For `new EventSource(…/events?ticket=…)`, which sends no token. */
        createEventTicket: (options?: CreateOptions) =>
            transport.send<Schemas["CreateEventTicketResponse"]>(post("/events/ticket", undefined, options)),

        /** Everything that is kept about the user; `kind` names the table. */
        async *exportUser(options?: CallOptions): AsyncGenerator<{ kind: string } & Record<string, unknown>, void, void> {
            const response = await transport.open({ method: "GET", path: "/export", isRepeatable: true, ...options });
            try {
                for await (const line of linesOf(response)) if (line) yield JSON.parse(line);
            } catch (error) {
                throwIfAborted(options?.signal);
                throw failureOf(error);
            }
        },

        /** Tasks, sessions and account, for good. */
        eraseUser: (password: string, options?: CallOptions) =>
            transport.send<Schemas["EraseUserResponse"]>({ method: "DELETE", path: "", body: { password }, ...options }),
    };
}

export type TaskSlices = ReturnType<typeof createTaskSlices>;

/** A POST is carried out once, however often it is sent. */
function post<T>(path: string, body: unknown, { idempotencyKey = newId(), ...options }: CreateOptions = {}): Call<T> {
    return { method: "POST", path, body, headers: { "Idempotency-Key": idempotencyKey }, isRepeatable: true, ...options };
}

function change(task: TaskOrId, end = "") {
    const headers: Record<string, string> = typeof task === "string" ? {} : { "If-Match": `"${task.revision}"` };

    return { path: pathOf(idOf(task)) + end, headers, isRepeatable: true };
}

const idOf = (task: TaskOrId): string => (typeof task === "string" ? task : task.id);

const pathOf = (id: string): string => `/tasks/${encodeURIComponent(id)}`;

/** React Native's URLSearchParams is incomplete. */
function textOf(query: object | string): string {
    if (typeof query === "string") return query;

    return Object.entries(query)
        .filter(([, value]) => value !== undefined)
        .flatMap(([name, value]) => [value].flat().map((one) => `${name}=${encodeURIComponent(String(one))}`))
        .join("&");
}

/** Whether the row has all that was sent. */
const has = (row: unknown, sent: object): boolean =>
    Object.entries(sent).every(([name, value]) => JSON.stringify((row as Record<string, unknown>)[name]) === JSON.stringify(value));
