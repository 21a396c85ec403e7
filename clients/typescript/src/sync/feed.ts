import type { Change, Task, TaskSlices } from "../client.js";
import { TaskSlicesError } from "../error.js";
import { failureOf } from "../transport.js";
import type { Pause } from "./pause.js";

export interface FeedReader {
    /** Of the last change that is known; undefined: a snapshot is needed. */
    readonly revision: number | undefined;
    beginSnapshot(): void;
    takeSnapshot(tasks: Task[], revision: number): void;
    /** @param revision that is known then */
    takeChanges(changes: Change[], revision: number): void;
    /** What the server can't be reached for, or undefined when it was. */
    setError(error: TaskSlicesError | undefined): void;
}

/** How often changes are asked for where there is no stream, in milliseconds. */
const POLL = 5_000;

/** Reads a snapshot, then what changes, as it happens, until it is aborted. */
export async function follow(client: TaskSlices, userId: string, reader: FeedReader, pause: Pause, signal: AbortSignal): Promise<void> {
    const options = { signal, userId, retries: 0 };
    while (!signal.aborted) {
        try {
            if (reader.revision === undefined) {
                reader.beginSnapshot();
                const { tasks, revision } = await client.listTasks({}, options);
                reader.takeSnapshot(tasks, revision);
            } else await catchUp(reader.revision);
            reader.setError(undefined);
            pause.reset();
            await listen();
        } catch (thrown) {
            if (signal.aborted) return;

            const error = failureOf(thrown);
            // A deletion is forgotten, or the database is another one: the local changes stay.
            if (error.status === 410) reader.beginSnapshot();
            else {
                reader.setError(error);
                await pause.backOff(error.retryAfter);
            }
        }
    }

    async function catchUp(since: number): Promise<void> {
        for (let more = true; more; ) {
            const page = await client.listChanges({ since, limit: 1000 }, options);
            ({ more, next: since } = page);
            reader.takeChanges(page.changes, since);
        }
    }

    async function listen(): Promise<void> {
        try {
            const changes = client.streamChanges({ since: reader.revision! }, options);
            for await (const change of changes) reader.takeChanges([change], change.revision);
            // It ends with its token.
            await pause.backOff();
        } catch (error) {
            const { code } = failureOf(error);
            if (signal.aborted || (code !== "NO_STREAMS" && code !== "TOO_MANY_STREAMS")) throw error;

            await pause.wait(POLL);
        }
    }
}
