import type { Operation, Task, TaskSlices } from "../client.js";
import { TaskSlicesError } from "../error.js";
import { failureOf } from "../transport.js";
import { conflictsOf, mergeFields, missingOf, pick } from "./change.js";
import type { Attempt, Conflict, Fields, LocalChange, Refusal, Resolve } from "./change.js";
import type { Pause } from "./pause.js";

/** What became of a change: carried out, without effect (the server's was kept, or the task was gone already), or refused by name. */
export type Outcome = "sent" | "dropped" | "refused";

export interface OutboxOwner {
    next(): LocalChange | undefined;
    /** Whether it is still to be sent: another tab may have done it. */
    isDue(change: LocalChange): Promise<boolean>;
    rowOf(id: string): Task | undefined;
    /** Resolves when the change is kept as it is now. */
    keep(change: LocalChange): Promise<void>;
    /** Of another device; the one that was known when the change was sent had this revision. */
    takeRow(row: Task, known: number | undefined): void;
    /** Keeps some of its fields as a change of their own, that is refused. */
    setAside(change: LocalChange, fields: Fields, base: Fields, refusal: Refusal): void;
    finish(change: LocalChange, outcome: Outcome, row?: Task): void;
    setError(error: TaskSlicesError | undefined): void;
}

/** They say nothing about the change: it is sent again later. */
const PASSING = [401, 403, 409, 429, 503];

/** How often a change is sent that the server fails on: it may be too busy, as after a start, or the change may always make it fail. */
const TRIES = 4;

const CHANGED_ELSEWHERE: Refusal = { code: "PRECONDITION_FAILED", status: 412, message: "Another device has changed this, too." };

/** Sends the changes one by one, each as a batch of its own, whose key makes the server carry it out once. */
export class Outbox {
    #sending: Promise<void> | undefined;
    /** Of the change that is sent. */
    #failures = 0;

    constructor(
        private readonly client: TaskSlices,
        private readonly userId: string,
        private readonly owner: OutboxOwner,
        private readonly pause: Pause,
        private readonly signal: AbortSignal,
        private readonly resolve: Resolve | undefined,
    ) {}

    /** Begins to send, unless it does already. */
    send(): void {
        this.#sending ??= this.#sendAll().finally(() => {
            this.#sending = undefined;
            if (!this.signal.aborted && this.owner.next()) this.send();
        });
    }

    async #sendAll(): Promise<void> {
        for (let change; !this.signal.aborted && (change = this.owner.next()); ) {
            try {
                if (await this.owner.isDue(change)) await this.#carryOut(change);
                this.owner.setError(undefined);
                this.pause.reset();
            } catch (thrown) {
                if (this.signal.aborted) return;

                const error = failureOf(thrown);
                this.owner.setError(error);
                await this.pause.backOff(error.retryAfter);
            }
        }
    }

    /** @throws what is no answer to the change */
    async #carryOut(change: LocalChange): Promise<void> {
        const { owner } = this;
        try {
            // What may have arrived is sent as it was.
            change.attempt ??= await this.#prepare(change);
            if (!change.attempt) return owner.finish(change, "dropped");

            await owner.keep(change);
            const { results } = await this.client.runBatch([operationOf(change)], {
                idempotencyKey: keyOf(change),
                userId: this.userId,
                signal: this.signal,
                retries: 0,
            });
            this.#failures = 0;
            owner.finish(change, "sent", change.kind === "remove" ? undefined : (results[0]!.body as Task));
        } catch (thrown) {
            const error = failureOf(thrown);
            const { status, current } = error;
            if (this.signal.aborted || error.isLost || error.code === "TOKEN_UNAVAILABLE" || PASSING.includes(status)) throw error;
            if (status >= 500 && ++this.#failures < TRIES) throw error;

            this.#failures = 0;
            if (status === 404 && change.kind === "remove") return owner.finish(change, "dropped");

            const { attempt } = change;
            change.attempt = undefined;
            if (status === 412 && change.kind === "create") return owner.finish(change, "sent", current);
            if (status === 412 && current) {
                // Somebody else was first: the next try sends what is left, and not what is kept of this one.
                owner.takeRow(current, attempt!.revision);
                if (!(await owner.isDue(change))) return;

                change.attempt = undefined;
                return owner.keep(change);
            }

            change.refusal = { code: error.code, status, message: error.message };
            owner.finish(change, "refused");
        }
    }

    /** @returns undefined if there is nothing to send */
    async #prepare(change: LocalChange): Promise<Attempt | undefined> {
        const { id, kind, base } = change;
        const server = this.owner.rowOf(id);
        if (kind !== "update" || !server) return { revision: server?.revision, fields: change.fields };

        const conflict = { id, local: change.fields, base, server };
        const lost = conflictsOf(conflict);
        if (Object.keys(lost).length) {
            const baseOf = (fields: Fields) => pick(server, (name) => name in fields);
            // It is asked once for each state of the task.
            change.fields = this.resolve ? await this.#decide(this.resolve, conflict) : mergeFields(conflict);
            change.base = baseOf(change.fields);
            if (!this.resolve) this.owner.setAside(change, lost, baseOf(lost), CHANGED_ELSEWHERE);
        }
        const fields = missingOf(change.fields, server);

        return Object.keys(fields).length ? { revision: server.revision, fields } : undefined;
    }

    async #decide(resolve: Resolve, conflict: Conflict): Promise<Fields> {
        try {
            return (await resolve(conflict)) ?? {};
        } catch (cause) {
            throw new TaskSlicesError({ code: "PRECONDITION_FAILED", status: 412, message: "The conflict was not resolved.", cause });
        }
    }
}

/** Another one for each request: the server has another answer for another body. */
const keyOf = ({ key, kind, attempt }: LocalChange): string =>
    kind !== "update" || attempt!.revision === undefined ? key : `${key}.${attempt!.revision}`;

function operationOf({ kind, id, attempt }: LocalChange): Operation {
    const path = `/tasks/${id}`;
    const { revision, fields: body } = attempt!;

    switch (kind) {
        case "create":
            return { method: "PUT", path, body, if_none_match: "*" };
        case "update":
            return { method: "PATCH", path, body, if_match: revision === undefined ? null : `"${revision}"` };
        case "remove":
            return { method: "DELETE", path };
        case "restore":
            return { method: "POST", path: `${path}/restore` };
    }
}
