import type { Task, TaskSlices } from "../client.js";
import type { TaskSlicesError } from "../error.js";
import { newId } from "../ids.js";
import { type Fields, isSame, type LocalChange, pick, type Resolve, viewOf } from "./change.js";
import { type FeedReader, follow } from "./feed.js";
import { Outbox, type OutboxOwner, type Outcome } from "./outbox.js";
import { Pause } from "./pause.js";
import { indexedDbStorage, memoryStorage, type Storage } from "./storage.js";

export interface StoreSettings {
    client: TaskSlices;
    /** Whose tasks: the id of the session's user. */
    userId: string;
    /** IndexedDB if it is left out, or the memory where there is none. */
    storage?: Storage;
    /** If it is left out: {@link mergeFields}, and the local fields that are not sent are in {@link StoreState.refused}. */
    resolve?: Resolve;
    /** For each change that was made; what a merge leaves out of one is in {@link StoreState.refused} alone. */
    onSettled?: (change: LocalChange, outcome: Outcome) => void;
}

export interface StoreState {
    /** With all local changes, newest first. */
    tasks: readonly Task[];
    /** Whether they were read, from the storage or the server. */
    isLoaded: boolean;
    /** False when the storage takes nothing: what was not sent is lost with the page. */
    isKept: boolean;
    /** How many changes are still to be sent. */
    pending: number;
    /**
     * Changes that the server has refused, and what was left out as another device has changed it, too: until {@link TaskStore.dismiss} or
     * {@link TaskStore.retry}.
     */
    refused: readonly LocalChange[];
    /** Why the store and the server do not talk at the moment: `status` 401 when the user has to sign in. */
    error: TaskSlicesError | undefined;
}

const ROW = "task:";
const CHANGE = "change:";
const REVISION = "revision";

/** The user's tasks on this device: changed at once, sent in order, and in step with the server while it can be reached. */
export class TaskStore {
    #rows = new Map<string, Task>();
    #changes = new Map<string, LocalChange>();
    #revision: number | undefined;
    /** Rows that were answered while a snapshot is read. */
    #answered = new Map<string, Task>();
    #isLoaded = false;
    #isKept = true;
    #errors: Record<"feed" | "outbox", TaskSlicesError | undefined> = { feed: undefined, outbox: undefined };
    #state: StoreState | undefined;
    #listeners = new Set<() => void>();
    #keepsRows = false;
    #unwritten = new Map<string, unknown>();
    #writing = Promise.resolve();
    #lastKey = "";
    /** The keys of changes that an earlier page has made, or another tab. */
    readonly #found = new Set<string>();
    readonly #storage: Storage;
    readonly #stopping = new AbortController();
    readonly #pauses = [new Pause(), new Pause()] as const;
    readonly #outbox: Outbox;
    readonly #started: Promise<void>;

    constructor(private readonly settings: StoreSettings) {
        const { client, userId, storage, resolve } = settings;
        this.#storage = storage ?? ("indexedDB" in globalThis ? indexedDbStorage(`taskslices:${userId}`) : memoryStorage());
        this.#outbox = new Outbox(client, userId, this.#outboxOwner(), this.#pauses[0], this.#stopping.signal, resolve);
        this.#started = this.#start();
    }

    /** The same object until something changes. */
    getState = (): StoreState =>
        (this.#state ??= {
            tasks: viewOf(this.#rows, this.#toSend(), this.settings.userId),
            isLoaded: this.#isLoaded,
            isKept: this.#isKept,
            pending: this.#toSend().length,
            refused: this.#all().filter((change) => change.refusal),
            error: this.#errors.feed ?? this.#errors.outbox,
        });

    /** @returns how to end it */
    subscribe = (listener: () => void): (() => void) => {
        this.#listeners.add(listener);

        return () => this.#listeners.delete(listener);
    };

    /** @returns the id of the task */
    create(fields: Fields & { title: string }): string {
        // In the order in which they were made, also within a millisecond.
        const id = this.#nextKey();
        this.#make("create", id, fields);

        return id;
    }

    update(id: string, fields: Fields): void {
        const task = this.#find(id);
        if (task) this.#make("update", id, fields, { base: pick(task, (name) => name in fields) });
    }

    remove(id: string): void {
        if (this.#find(id)) this.#make("remove", id);
    }

    /** @param task as it was before it was removed */
    restore(task: Task): void {
        this.#make("restore", task.id, {}, { restored: task });
    }

    /** Sends a refused change again. */
    retry(key: string): void {
        const { refusal, ...change } = this.#changes.get(key) ?? {};
        if (!refusal) return;

        // An update is made anew, after what was made since, and over what the user sees; a function of the program is asked again.
        this.#drop(key);
        const { kind, id, fields, base } = change as LocalChange;
        const task = this.#find(id);
        if (kind === "update" && task)
            return this.#make(kind, id, fields, { base: this.settings.resolve ? base : pick(task, (name) => name in fields) });

        this.#changes.set(key, change as LocalChange);
        this.#save(CHANGE + key, change);
        this.#outbox.send();
    }

    /** Forgets a refused change. */
    dismiss(key: string): void {
        if (this.#changes.get(key)?.refusal) this.#drop(key);
    }

    /** Tries at once what waits: after a sign-in, for example. */
    wake(): void {
        for (const pause of this.#pauses) pause.wake();
    }

    /** Ends it; what was not sent is sent by the next store of that storage. */
    async stop(): Promise<void> {
        this.#stopping.abort();
        this.wake();
        await this.#started;
        await this.#write();
    }

    async #start(): Promise<void> {
        const kept = await this.#storage.read().catch(() => (this.#setKept(false), new Map<string, unknown>()));
        for (const [name, value] of kept) {
            if (name.startsWith(ROW)) this.#rows.set(name.slice(ROW.length), value as Task);
            else if (name.startsWith(CHANGE)) this.#take(value as LocalChange);
            else if (name === REVISION) this.#revision = value as number;
        }
        // Those that were made while it was read are there already.
        this.#isLoaded = this.#revision !== undefined;
        this.#changed();
        if (this.#stopping.signal.aborted) return;

        this.#keepRows();
        globalThis.addEventListener?.("online", () => this.wake(), { signal: this.#stopping.signal });
        void follow(this.settings.client, this.settings.userId, this.#feedReader(), this.#pauses[1], this.#stopping.signal);
        this.#outbox.send();
    }

    #take(change: LocalChange): void {
        this.#changes.set(change.key, change);
        this.#found.add(change.key);
    }

    /** One tab of a browser keeps the rows; all keep the changes that are made in them. */
    #keepRows(): void {
        const { signal } = this.#stopping;
        const begin = () => {
            this.#keepsRows = true;
            for (const [id, row] of this.#rows) this.#save(ROW + id, row);
            if (this.#revision !== undefined) this.#save(REVISION, this.#revision);
        };
        const { lock } = this.#storage;
        const { locks } = globalThis.navigator ?? {};
        const untilStopped = () => new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(this.#write())));
        if (lock && locks) locks.request(lock, { signal }, () => (begin(), untilStopped())).catch(() => {});
        // Without TLS, a browser has no locks, and there may be other tabs.
        else if (!lock || !("document" in globalThis)) begin();
    }

    #make(kind: LocalChange["kind"], id: string, fields: Fields = {}, more: Partial<LocalChange> = {}): void {
        const key = this.#nextKey();
        const change: LocalChange = { key, kind, id, fields, base: {}, ...more };
        this.#changes.set(key, change);
        this.#save(CHANGE + key, change);
        void this.#started.then(() => this.#outbox.send());
    }

    /** In the order of the changes, also after a clock was set back. */
    #nextKey(): string {
        for (let now = Date.now(); ; now++) {
            const key = newId(now);
            if (key > (this.#lastKey || (this.#lastKey = this.#all().at(-1)?.key ?? ""))) return (this.#lastKey = key);
        }
    }

    #find = (id: string): Task | undefined => this.getState().tasks.find((task) => task.id === id);

    #all = (): LocalChange[] => Array.from(this.#changes.values()).sort((a, b) => (a.key < b.key ? -1 : 1));

    #toSend = (): LocalChange[] => this.#all().filter((change) => !change.refusal);

    #outboxOwner(): OutboxOwner {
        return {
            next: () => (this.#isLoaded ? this.#toSend()[0] : undefined),
            isDue: (change) => this.#isDue(change),
            rowOf: (id) => this.#rows.get(id),
            keep: (change) => (this.#save(CHANGE + change.key, change), this.#write()),
            takeRow: (row, known) => this.#isStill(row.id, known) && this.#setRow(row),
            setError: (error) => this.#setError("outbox", error),
            setAside: (change, fields, base, refusal) => {
                // One for each task; and the same in each tab that comes to it.
                const { id } = change;
                const before = this.#all().find((one) => one.id === id && one.refusal?.code === refusal.code);
                const key = before?.key ?? `${change.key}.rest`;
                const [all, under] = [{ ...before?.fields, ...fields }, { ...before?.base, ...base }];
                const rest: LocalChange = { key, kind: "update", id, fields: all, base: under, refusal };
                this.#changes.set(key, rest);
                // Written together, so that each field is in one of them.
                this.#save(CHANGE + key, rest);
                this.#save(CHANGE + change.key, change);
            },
            finish: (change, outcome, row) => {
                if (outcome === "refused") this.#save(CHANGE + change.key, change);
                else this.#drop(change.key);
                const current = this.#rows.get(change.id);
                if (outcome === "refused" && current) this.#rebase(current, change);
                if (change.kind === "remove" && outcome !== "refused" && this.#isStill(change.id, change.attempt?.revision))
                    this.#removeRow(change.id);
                if (row) this.#answer(row, change);
                this.settings.onSettled?.(change, outcome);
            },
        };
    }

    /** Other tabs have read the changes that were there at the start, as this one has. */
    async #isDue(change: LocalChange): Promise<boolean> {
        if (!this.#storage.lock || !this.#found.has(change.key)) return true;

        await this.#write();
        // What the storage did not take is newer than what it has.
        if (this.#unwritten.has(CHANGE + change.key)) return true;

        const kept = (await this.#storage.read()).get(CHANGE + change.key);
        if (kept) Object.assign(change, kept);
        else this.#drop(change.key);
        this.#changed();

        return kept !== undefined && !change.refusal;
    }

    #feedReader(): FeedReader {
        const store = this;

        return {
            get revision() {
                return store.#revision;
            },
            beginSnapshot: () => {
                this.#revision = undefined;
                this.#answered.clear();
            },
            takeSnapshot: (tasks, revision) => {
                const rows = new Map(tasks.map((task) => [task.id, task]));
                for (const row of this.#answered.values()) if (row.revision > revision) rows.set(row.id, row);
                for (const id of this.#rows.keys()) if (!rows.has(id)) this.#removeRow(id);
                for (const row of rows.values()) this.#setRow(row);
                this.#isLoaded = true;
                this.#setRevision(revision);
                this.#outbox.send();
            },
            takeChanges: (changes, revision) => {
                for (const { id, kind, row, revision } of changes) {
                    // An answer may have been quicker.
                    if (kind !== "tasks" || revision < (this.#rows.get(id)?.revision ?? 0)) continue;
                    if (row) this.#setRow(row);
                    else this.#removeRow(id);
                }
                this.#setRevision(revision);
            },
            setError: (error) => {
                const wasAway = this.#errors.feed !== undefined;
                this.#setError("feed", error);
                if (!error && wasAway) this.#pauses[0].wake();
            },
        };
    }

    /** The feed is ahead of an answer that was given before. */
    #answer(row: Task, change: LocalChange): void {
        this.#answered.set(row.id, row);
        if (row.revision > (this.#revision ?? 0)) this.#setRow(row);
        this.#rebase(row, change);
    }

    /** Later changes were made with this one in view; the server may have written it in another way, or not at all. */
    #rebase(row: Task, change: LocalChange): void {
        for (const later of this.#toSend().filter(({ id }) => id === row.id)) {
            const seen = pick(later.base, (name) => name in change.fields && isSame(later.base[name], change.fields[name]));
            if (!Object.keys(seen).length) continue;

            for (const name of Object.keys(seen)) Object.assign(later.base, { [name]: row[name as keyof Task] });
            this.#save(CHANGE + later.key, later);
        }
    }

    /** Whether the feed has brought nothing about the row since a change was sent: it can be ahead of the answer. */
    #isStill(id: string, revision: number | undefined): boolean {
        return this.#rows.get(id)?.revision === revision;
    }

    #setRow(row: Task): void {
        this.#rows.set(row.id, row);
        this.#save(ROW + row.id, row);
    }

    #removeRow(id: string): void {
        if (this.#rows.delete(id)) this.#save(ROW + id, undefined);
    }

    #setRevision(revision: number): void {
        this.#revision = revision;
        this.#save(REVISION, revision);
    }

    #drop(key: string): void {
        this.#changes.delete(key);
        this.#save(CHANGE + key, undefined);
    }

    #setError(part: "feed" | "outbox", error: TaskSlicesError | undefined): void {
        if (this.#errors[part] === error) return;

        this.#errors[part] = error;
        this.#changed();
    }

    /** What is saved together is written together. */
    #save(name: string, value: unknown): void {
        if (this.#keepsRows || name.startsWith(CHANGE)) {
            if (!this.#unwritten.size) queueMicrotask(() => void this.#write());
            // As it is now: it may change before it is written.
            this.#unwritten.set(name, value instanceof Object ? { ...value } : value);
        }
        this.#changed();
    }

    /** What the storage does not take is written together with what follows. */
    #write(): Promise<void> {
        const entries = this.#unwritten;
        if (!entries.size) return this.#writing;

        this.#unwritten = new Map();
        this.#writing = this.#writing
            .then(() => this.#storage.write(entries))
            .then(() => this.#setKept(true))
            .catch(() => {
                this.#unwritten = new Map([...entries, ...this.#unwritten]);
                this.#setKept(false);
            });

        return this.#writing;
    }

    #setKept(isKept: boolean): void {
        if (this.#isKept === isKept) return;

        this.#isKept = isKept;
        this.#changed();
    }

    #changed(): void {
        this.#state = undefined;
        for (const listener of this.#listeners) listener();
    }
}
