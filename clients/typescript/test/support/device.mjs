// A device of a user: a store with its own storage, and a network that fails as the test says.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createTaskSlices } from "taskslices";
import { memoryStorage, TaskStore } from "taskslices/sync";

export class Device {
    isOffline = false;
    /** How many answers to changes are lost from now on. */
    lose = 0;
    lost = 0;
    /** The status and code that the next changes are refused with. */
    refusals = [];
    /** Answers to changes come after it. */
    held = Promise.resolve();
    /** What others change is asked for after it. */
    feed = Promise.resolve();
    outcomes = [];
    /** The outcome of each change, by its key. */
    settledChanges = new Map();
    #network = new AbortController();
    #life = { isOver: false };
    #writing = Promise.resolve();

    constructor(url, getToken, userId, { storage = memoryStorage(), hasStreams = true, resolve, isOffline = false } = {}) {
        Object.assign(this, { url, getToken, userId, storage, hasStreams, resolve, isOffline });
        this.#open();
    }

    loaded = () => until(() => this.store.getState().isLoaded);

    /** All changes were answered. */
    settled = () => until(() => !this.store.getState().pending);

    /** What was done is in the storage. */
    async written() {
        for (let last; ; await last) {
            await sleep(0);
            if (last === this.#writing) return;
            last = this.#writing;
        }
    }

    goOffline() {
        this.isOffline = true;
        this.#network.abort();
        this.#network = new AbortController();
    }

    goOnline() {
        this.isOffline = false;
        this.store.wake();
    }

    async reload() {
        await this.store.stop();
        this.#open();
    }

    /** The page or the program is gone from one moment to the next. */
    crash() {
        this.#life.isOver = true;
        void this.store.stop();
        this.#open();
    }

    stop() {
        this.goOffline();

        return this.store.stop();
    }

    #open() {
        const life = (this.#life = { isOver: false });
        const storage = {
            ...this.storage,
            write: async (entries) => {
                if (!life.isOver) await (this.#writing = this.storage.write(entries));
            },
        };
        const fetch = (url, init) => this.#fetch(url, init, life);
        this.client = createTaskSlices({ baseUrl: this.url, getToken: () => this.getToken(), fetch });
        this.store = new TaskStore({
            client: this.client,
            userId: this.userId,
            storage,
            ...(this.resolve && { resolve: this.resolve }),
            onSettled: ({ key, kind, refusal }, outcome) => {
                if (life.isOver) return;

                this.outcomes.push(outcome);
                this.settledChanges.set(key, { kind, outcome, code: refusal?.code });
            },
        });
    }

    async #fetch(url, init, life) {
        if (this.isOffline || life.isOver) throw new TypeError("offline");
        if (init.method === "POST" && this.refusals.length) {
            const [status, code] = this.refusals.shift();
            return Response.json({ code }, { status });
        }

        if (/changes|events/.test(url)) await this.feed;
        const signal = AbortSignal.any([init.signal, this.#network.signal]);
        const response = await globalThis.fetch(url, { ...init, signal });
        if (init.method === "POST") await this.held;
        if (init.method === "POST" && this.lose > 0) {
            this.lose--;
            this.lost++;
            await response.arrayBuffer();
            throw new TypeError("lost");
        }

        return this.hasStreams || !url.includes("/events") ? response : new Response(null, response);
    }
}

export async function until(isSo, limit = 30_000) {
    const end = Date.now() + limit;
    while (!isSo()) {
        if (Date.now() > end) assert.fail(`It did not become so: ${isSo}`);
        await sleep(10);
    }
}
