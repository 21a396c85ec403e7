// Three devices of a user, on which everything happens that can: in the end, all show what the server has, and each change was carried out
// once, or had no effect, or was refused by name. FAST_CHECK_RUNS=100 makes more of it, FAST_CHECK_SEED repeats one.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { createTaskSlices } from "taskslices";
import { indexedDbStorage } from "taskslices/sync";
import { Device, until } from "./support/device.mjs";
import { Server, signUp } from "./support/server.mjs";

const DEVICES = 3;
const { FAST_CHECK_RUNS: runs = 12, FAST_CHECK_SEED: seed } = process.env;

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

const device = fc.nat({ max: DEVICES - 1 });
const edits = {
    update: fc.record({ kind: fc.constant("update"), device, task: fc.nat(), field: fc.constantFrom("title", "description", "category") }),
    create: fc.record({ kind: fc.constant("create"), device }),
    toggle: fc.record({ kind: fc.constant("toggle"), device, task: fc.nat() }),
    remove: fc.record({ kind: fc.constant("remove"), device, task: fc.nat() }),
    restore: fc.record({ kind: fc.constant("restore"), device, task: fc.nat() }),
};
const events = ["offline", "online", "lose", "late", "reload", "crash"].map((kind) => fc.record({ kind: fc.constant(kind), device }));
const step = fc.oneof(
    { weight: 6, arbitrary: edits.create },
    { weight: 8, arbitrary: edits.update },
    { weight: 2, arbitrary: edits.toggle },
    { weight: 2, arbitrary: edits.remove },
    { weight: 2, arbitrary: edits.restore },
    ...events.map((arbitrary) => ({ weight: 2, arbitrary })),
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait"), time: fc.nat({ max: 60 }) }) },
);
const story = fc.record({ steps: fc.array(step, { minLength: 20, maxLength: 80 }), restartAt: fc.option(fc.nat({ max: 80 }), { freq: 2 }) });

test("All devices end with what the server has", async (t) => {
    const seen = {};
    await fc.assert(fc.asyncProperty(story, (one) => live(one, seen)), {
        numRuns: Number(runs),
        endOnFailure: true,
        includeErrorInReport: true,
        ...(seed && { seed: Number(seed) }),
    });
    t.diagnostic(JSON.stringify(seen));
    assert.ok(seen.sent > 10 && seen.lost > 0 && seen.crash > 0 && seen.reload > 0);
});

async function live({ steps, restartAt }, seen) {
    const { client } = await signUp(server.url);
    // The session lives as long as the server's data, and a device keeps its token while the server is away.
    const { data } = await client.token();
    const api = createTaskSlices({ baseUrl: server.url, getToken: () => data });
    const userId = await api.getUserId();
    // The first has a storage of its own in memory; what the others keep, tabs could share.
    const storageOf = (i) => (i ? { storage: indexedDbStorage(`${userId}:${i}`) } : {});
    const devices = Array.from({ length: DEVICES }, (_, i) => new Device(server.url, () => data, userId, storageOf(i)));
    try {
        await play(devices, api, steps, restartAt, seen);
    } finally {
        await Promise.all(devices.map((one) => one.stop()));
    }
}

async function play(devices, api, steps, restartAt, seen) {
    await Promise.all(devices.map((one) => one.loaded()));
    const removed = [];
    let [count, made, created] = [0, 0, []];

    /** Each change is made once, if it is one. */
    function change(store, make) {
        const before = store.getState().pending;
        make(store);
        const after = store.getState().pending;
        assert.ok(after === before || after === before + 1);
        made += after - before;
    }

    const does = {
        create: ({ store }) => change(store, () => created.push(store.create({ title: `Task ${++count}` }))),
        update: ({ store }, task, { field }) => task && change(store, () => store.update(task.id, { [field]: `${field} ${++count}` })),
        toggle: ({ store }, task) => task && change(store, () => store.update(task.id, { completed: !task.completed })),
        remove: ({ store }, task) => task && (removed.push(task), change(store, () => store.remove(task.id))),
        restore: ({ store }, _, { task }) => removed.length && change(store, () => store.restore(removed[task % removed.length])),
        offline: (one) => one.goOffline(),
        online: (one) => one.goOnline(),
        lose: (one) => (one.lose = 1),
        // Later than the feed brings what others have done since.
        late: (one) => (one.held = sleep(400)),
        reload: (one) => one.reload(),
        crash: (one) => one.crash(),
    };

    for (const [i, one] of steps.entries()) {
        seen[one.kind] = (seen[one.kind] ?? 0) + 1;
        if (i === restartAt) {
            seen.restart = (seen.restart ?? 0) + 1;
            await server.restart("SIGKILL");
        }
        if (one.kind === "wait") await sleep(one.time);
        else {
            const on = devices[one.device];
            const { tasks } = on.store.getState();
            const task = tasks.length ? tasks[one.task % tasks.length] : undefined;
            await does[one.kind](on, task, one);
            // What is made is in the storage before anything else happens.
            await on.written();
        }
    }

    for (const one of devices) one.goOnline();
    await Promise.all(devices.map((one) => one.loaded()));
    await Promise.all(devices.map((one) => one.settled()));
    const { tasks, revision } = await api.listTasks();
    const isEqual = (one) => JSON.stringify(one.store.getState().tasks) === JSON.stringify(tasks);
    await until(() => devices.every(isEqual)).catch(() => {
        for (const one of devices) assert.deepEqual(one.store.getState().tasks, tasks);
    });
    seen.lost = devices.reduce((sum, { lost }) => sum + lost, seen.lost ?? 0);

    const settled = devices.flatMap((one) => Array.from(one.settledChanges.values()));
    const counted = (outcome, without) => settled.filter((one) => one.outcome === outcome && one.kind !== without).length;
    assert.equal(settled.length, made);
    // Each change that was carried out took one revision; the restoration of what is there takes none.
    assert.ok(revision >= counted("sent", "restore") && revision <= counted("sent"), `${revision} revisions for ${counted("sent")} changes`);
    const codes = settled.filter(({ outcome }) => outcome === "refused").map(({ code }) => code);
    assert.deepEqual(codes.filter((code) => code !== "TASK_NOT_FOUND"), []);
    const known = [...tasks, ...(await api.listTasks({ deleted: true })).tasks].map(({ id }) => id);
    assert.deepEqual(known.sort(), created.sort());
    for (const { outcome } of settled) seen[outcome] = (seen[outcome] ?? 0) + 1;
}
