import type { Task } from "../client.js";
import type { ErrorCode } from "../error.js";

/** What a user can change of a task. */
export type Fields = Partial<
    Pick<Task, "title" | "description" | "completed" | "priority" | "due_date" | "tags" | "category" | "recurrence">
>;

/** A change that the user made, until the server has answered it. */
export interface LocalChange {
    /** Of this change alone; changes are sent in the order of their keys. */
    key: string;
    kind: "create" | "update" | "remove" | "restore";
    /** Of the task. */
    id: string;
    fields: Fields;
    /** What the fields were when the user changed them. */
    base: Fields;
    /** The task as it comes back. */
    restored?: Task;
    /** What was sent and may have arrived. */
    attempt?: Attempt | undefined;
    /** Why it is not sent: the server refused it, or another device has changed the same. */
    refusal?: Refusal;
}

export interface Refusal {
    code: ErrorCode;
    status: number;
    message: string;
}

export interface Attempt {
    /** Which the row had. */
    revision: number | undefined;
    fields: Fields;
}

export interface Conflict {
    id: string;
    /** What the user changed. */
    local: Fields;
    /** What these fields were before. */
    base: Fields;
    /** The task as it is now. */
    server: Task;
}

/** @returns what is to be sent; nothing to leave the task as it is on the server */
export type Resolve = (conflict: Conflict) => Fields | Promise<Fields>;

/** Field by field; where both have changed one, the server's stays. */
export const mergeFields = ({ local, base, server }: Conflict): Fields => pick(local, (name) => isSame(server[name], base[name]));

/** The fields that both have changed, and not to the same. */
export const conflictsOf = ({ local, base, server }: Conflict): Fields =>
    pick(local, (name) => !isSame(server[name], base[name]) && !isSame(server[name], local[name]));

/** Without the fields that the server has already. */
export const missingOf = (fields: Fields, server: Task): Fields => pick(fields, (name) => !isSame(server[name], fields[name]));

export const pick = (fields: Fields, isWanted: (name: keyof Fields) => boolean): Fields =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => isWanted(name as keyof Fields)));

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The tasks as they will be when the changes were sent, newest first. */
export function viewOf(rows: ReadonlyMap<string, Task>, changes: readonly LocalChange[], userId: string): Task[] {
    const view = new Map(rows);
    for (const { kind, id, fields, restored, key } of changes) {
        const task = view.get(id);
        if (kind === "remove") view.delete(id);
        else if (kind === "create") view.set(id, task ?? newTask(id, userId, key, fields));
        else if (kind === "restore" && !task) view.set(id, restored!);
        else if (kind === "update" && task) view.set(id, { ...task, ...fields });
    }

    return Array.from(view.values()).sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** @param key a UUID of version 7: its first 48 bits are the time */
function newTask(id: string, userId: string, key: string, fields: Fields): Task {
    const now = new Date(parseInt(key.replace("-", "").slice(0, 12), 16)).toISOString();

    return {
        id,
        user_id: userId,
        title: "",
        description: null,
        completed: false,
        priority: "none",
        due_date: null,
        tags: [],
        category: null,
        recurrence: null,
        completed_at: null,
        next_task_id: null,
        created_at: now,
        updated_at: now,
        revision: 0,
        ...fields,
    };
}
