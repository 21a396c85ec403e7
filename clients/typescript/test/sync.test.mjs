import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { createTaskSlices } from "taskslices";
import { indexedDbStorage, memoryStorage, TaskStore } from "taskslices/sync";
import { setTimeout as sleep } from "node:timers/promises";
import { Pause } from "../dist/sync/pause.js";
import { Device, until } from "./support/device.mjs";
import { Server, signUp } from "./support/server.mjs";

let server;
const devices = [];
before(async () => (server = await Server.start()));
after(() => server.stop());
// A browser has six connections to a server, and each device that follows others has one.
afterEach(() => Promise.all(devices.splice(0).map((device) => device.stop())));

async function newUser() {
    const { client } = await signUp(server.url);
    const api = createTaskSlices({ baseUrl: server.url, getToken: () => client.token() });
    const userId = await api.getUserId();
    const newDevice = async (settings) => {
        const device = new Device(server.url, () => client.token(), userId, settings);
        devices.push(device);
        await device.loaded();

        return device;
    };

    return { api, userId, newDevice };
}

const titles = (store) => store.getState().tasks.map(({ title }) => title);

test("A change is seen at once, and on other devices as it happens", async () => {
    const { api, newDevice } = await newUser();
    const [a, b] = [await newDevice(), await newDevice()];

    const id = a.store.create({ title: "Buy milk", tags: ["home"] });
    assert.deepEqual([titles(a.store), a.store.getState().pending], [["Buy milk"], 1]);
    await until(() => titles(b.store).length);
    b.store.update(id, { completed: true });
    assert.equal(b.store.getState().tasks[0].completed, true);
    await until(() => a.store.getState().tasks[0].completed);
    assert.deepEqual(a.store.getState().tasks, (await api.listTasks()).tasks);

    const [task] = a.store.getState().tasks;
    a.store.remove(id);
    assert.deepEqual(titles(a.store), []);
    await until(() => !titles(b.store).length);
    b.store.restore(task);
    await until(() => titles(a.store).length);
});

test("What is done offline survives a reload, and is sent once and in order", async () => {
    const { api, newDevice } = await newUser();
    const device = await newDevice({ storage: indexedDbStorage(crypto.randomUUID()) });
    device.isOffline = true;
    const id = device.store.create({ title: "One" });
    device.store.create({ title: "Two" });
    device.store.update(id, { title: "One, changed" });
    await until(() => device.store.getState().error?.code === "NETWORK_ERROR");
    assert.deepEqual((await api.listTasks()).tasks, []);

    await device.reload();
    await until(() => device.store.getState().isLoaded);
    assert.deepEqual([titles(device.store), device.store.getState().pending], [["Two", "One, changed"], 3]);
    device.goOnline();
    await device.settled();
    assert.deepEqual((await api.listTasks()).tasks.map(({ title, revision }) => [title, revision]), [["Two", 2], ["One, changed", 3]]);
    // What is read has a pause of its own.
    await until(() => device.store.getState().error === undefined);
});

test("A lost answer changes nothing", async () => {
    const { api, newDevice } = await newUser();
    const device = await newDevice();
    device.lose = 1;
    const id = device.store.create({ title: "One" });
    await device.settled();
    device.lose = 1;
    device.store.update(id, { title: "Two" });
    await device.settled();

    assert.deepEqual((await api.listTasks()).tasks.map(({ title, revision }) => [title, revision]), [["Two", 2]]);
    assert.deepEqual(device.outcomes, ["sent", "sent"]);
});

test("An answer that comes again does not undo what was changed since", async () => {
    const { api, newDevice } = await newUser();
    const device = await newDevice();
    const id = device.store.create({ title: "One" });
    await device.settled();
    device.lose = 3;
    device.store.update(id, { title: "Two" });
    await until(() => device.lost);
    const task = await api.updateTask(id, { title: "Three" });
    await until(() => device.store.getState().tasks[0].revision === task.revision);
    await device.settled();

    assert.deepEqual([device.store.getState().tasks, device.outcomes], [[task], ["sent", "sent"]]);
});

test("The answer to a removal does not hide what was restored since", async () => {
    const { api, newDevice } = await newUser();
    const device = await newDevice();
    const id = device.store.create({ title: "One" });
    await device.settled();
    device.lose = 2;
    device.store.remove(id);
    await until(() => device.lost);
    const task = await api.restoreTask(id);
    await device.settled();

    assert.deepEqual([device.store.getState().tasks, device.outcomes], [[task], ["sent", "sent"]]);
});

test("A refusal that comes late does not undo what was changed since", async () => {
    const { api, newDevice } = await newUser();
    const device = await newDevice();
    const id = device.store.create({ title: "One" });
    await device.settled();
    device.goOffline();
    device.store.update(id, { title: "Mine" });
    await until(() => device.store.getState().error);
    await api.updateTask(id, { title: "Theirs" });
    let release;
    device.held = new Promise((resolve) => (release = resolve));
    device.goOnline();
    await until(() => device.store.getState().tasks[0].revision === 2);
    const task = await api.updateTask(id, { description: "Theirs" });
    await until(() => device.store.getState().tasks[0].revision === task.revision);
    release();
    await device.settled();

    assert.deepEqual([device.store.getState().tasks, device.outcomes], [[task], ["sent", "dropped"]]);
});

test("A removal that the server refuses leaves the task there", async () => {
    const { api, newDevice } = await newUser();
    const device = await newDevice();
    const id = device.store.create({ title: "One" });
    await device.settled();
    const task = await api.updateTask(id, { title: "Two" });
    await until(() => device.store.getState().tasks[0].revision === task.revision);
    device.refusals = [[422, "VALIDATION_FAILED"]];
    device.store.remove(id);
    await device.settled();

    assert.deepEqual([device.store.getState().tasks, device.outcomes], [[task], ["sent", "refused"]]);
});

test("What the server fails on is sent again, and refused when it fails on it each time", async () => {
    const { api, newDevice } = await newUser();
    const device = await newDevice();
    const failures = (count) => Array(count).fill([500, "INTERNAL_ERROR"]);
    device.refusals = failures(3);
    device.store.create({ title: "One" });
    await device.settled();
    device.refusals = failures(4);
    device.store.create({ title: "Two" });
    device.store.create({ title: "Three" });
    await device.settled();

    assert.deepEqual(device.outcomes, ["sent", "refused", "sent"]);
    assert.deepEqual((await api.listTasks()).tasks.map(({ title }) => title), ["Three", "One"]);
    assert.equal(device.store.getState().refused[0].refusal.code, "INTERNAL_ERROR");
});

/** @returns what both have made of a task that is "One", without description, when the other device is quicker */
async function conflict(settings) {
    const { api, newDevice } = await newUser();
    const device = await newDevice(settings);
    const id = device.store.create({ title: "One" });
    await device.settled();
    device.isOffline = true;
    device.store.update(id, { title: "Mine", description: "Mine" });
    await api.updateTask(id, { title: "Theirs", priority: "high" });
    device.goOnline();
    await device.settled();
    const task = await api.getTask(id);
    await until(() => device.store.getState().tasks[0].revision === task.revision);

    return [task.title, task.description, task.priority, ...device.outcomes];
}

test("Of two changes, the fields are merged, and the server's stay where both changed one", async () => {
    assert.deepEqual(await conflict(), ["Theirs", "Mine", "high", "sent", "sent"]);
});

test("What is not sent because both changed it is named, and can be sent after all", async () => {
    const { api, newDevice } = await newUser();
    const { id } = await api.createTask({ title: "One" });
    const device = await newDevice({ storage: indexedDbStorage(crypto.randomUUID()) });
    device.goOffline();
    device.store.update(id, { title: "Mine", description: "Mine" });
    await api.updateTask(id, { title: "Theirs" });
    device.goOnline();
    await device.settled();
    await device.written();
    await device.reload();

    await until(() => device.store.getState().refused.length);
    const { refused, tasks } = device.store.getState();
    assert.deepEqual(refused.map(({ fields, base, refusal }) => [fields, base, refusal.code]), [[{ title: "Mine" }, { title: "Theirs" }, "PRECONDITION_FAILED"]]);
    assert.deepEqual(tasks.map(({ title, description }) => [title, description]), [["Theirs", "Mine"]]);

    // Over nothing that the user has not seen.
    device.goOffline();
    await api.updateTask(id, { title: "Theirs again" });
    device.store.retry(refused[0].key);
    device.goOnline();
    await until(() => device.store.getState().refused[0]?.base.title === "Theirs again");
    device.store.retry(device.store.getState().refused[0].key);
    await device.settled();
    assert.deepEqual([(await api.getTask(id)).title, device.store.getState().refused], ["Mine", []]);
});

test("Of all that was left out of a task, the last is kept, and what was made since is not in its way", async () => {
    const { api, newDevice } = await newUser();
    const { id } = await api.createTask({ title: "One" });
    const device = await newDevice();
    device.goOffline();
    device.store.update(id, { title: "Two" });
    device.store.update(id, { title: "Three", description: "Mine" });
    await api.updateTask(id, { title: "Theirs" });
    device.goOnline();
    await device.settled();
    const [rest, ...others] = device.store.getState().refused;
    assert.deepEqual([rest.fields, others], [{ title: "Three" }, []]);

    // What the user decides last is sent last.
    device.goOffline();
    device.store.update(id, { title: "Four" });
    device.store.retry(rest.key);
    assert.deepEqual(titles(device.store), ["Three"]);
    device.goOnline();
    await device.settled();
    assert.deepEqual([(await api.getTask(id)).title, device.store.getState().refused], ["Three", []]);
});

test("A function that could not resolve a conflict is asked again", async () => {
    const { api, newDevice } = await newUser();
    const { id } = await api.createTask({ title: "One" });
    let asked = 0;
    const device = await newDevice({ resolve: ({ local }) => (asked++ ? local : Promise.reject(new Error("closed"))) });
    device.goOffline();
    device.store.update(id, { title: "Mine" });
    await api.updateTask(id, { title: "Theirs" });
    device.goOnline();
    await device.settled();
    device.store.retry(device.store.getState().refused[0].key);
    await device.settled();

    assert.deepEqual([asked, (await api.getTask(id)).title, device.store.getState().refused], [2, "Mine", []]);
});

test("A change that corrects a refused one is no conflict", async () => {
    const { api, newDevice } = await newUser();
    const { id } = await api.createTask({ title: "One" });
    const device = await newDevice();
    device.goOffline();
    device.store.update(id, { title: "x".repeat(300) });
    device.store.update(id, { title: "Short" });
    device.goOnline();
    await device.settled();

    assert.equal((await api.getTask(id)).title, "Short");
    assert.deepEqual(device.store.getState().refused.map(({ refusal }) => refusal.code), ["VALIDATION_FAILED"]);
});

test("What is left out is in the storage with what it was left out of", async () => {
    const { api, newDevice } = await newUser();
    const { id } = await api.createTask({ title: "One" });
    const storage = memoryStorage();
    const written = [];
    const { write } = storage;
    // As IndexedDB does, which reads them when it is open.
    storage.write = (entries) => sleep(20).then(() => (written.push(structuredClone(entries)), write(entries)));
    const device = await newDevice({ storage });
    device.goOffline();
    device.store.update(id, { title: "Two" });
    device.store.update(id, { title: "Three", description: "Mine" });
    await api.updateTask(id, { description: "Theirs" });
    device.goOnline();
    await device.settled();
    await device.written();

    const isAt = (entries, field) => Array.from(entries.values()).some((value) => value?.fields && field in value.fields);
    const shrinks = written.filter((entries) => Array.from(entries.values()).some((value) => value?.fields?.title === "Three" && !value.fields.description));
    assert.ok(shrinks.length > 0 && isAt(shrinks[0], "description"));
});

test("The program decides about a conflict", async () => {
    let seen;
    const mine = (conflict) => ((seen = conflict), conflict.local);
    assert.deepEqual(await conflict({ resolve: mine }), ["Mine", "Mine", "high", "sent", "sent"]);
    assert.deepEqual([seen.local.title, seen.base.title, seen.server.title], ["Mine", "One", "Theirs"]);
    assert.deepEqual(await conflict({ resolve: async () => ({}) }), ["Theirs", null, "high", "sent", "dropped"]);
    assert.deepEqual(await conflict({ resolve: () => Promise.reject(new Error()) }), ["Theirs", null, "high", "sent", "refused"]);
});

test("What the server refuses is named, and can be sent again or forgotten", async () => {
    const { api, newDevice } = await newUser();
    const device = await newDevice();
    const id = device.store.create({ title: "One" });
    await device.settled();
    device.isOffline = true;
    device.store.update(id, { title: "Two" });
    device.store.create({ title: "x".repeat(201) });
    device.store.create({ title: "Three" });
    await api.deleteTask(id);
    device.goOnline();
    await device.settled();
    const { refused } = device.store.getState();
    assert.deepEqual(refused.map(({ refusal }) => refusal.code), ["TASK_NOT_FOUND", "VALIDATION_FAILED"]);
    await until(() => device.store.getState().tasks.length === 1);

    await device.reload();
    await until(() => device.store.getState().refused.length === 2);
    await api.restoreTask(id);
    device.store.retry(refused[0].key);
    device.store.dismiss(refused[1].key);
    await device.settled();
    assert.equal((await api.getTask(id)).title, "Two");
    assert.deepEqual(device.store.getState().refused, []);
});

test("After 410 there is a new snapshot, and the local changes stay", async () => {
    const { api, userId, newDevice } = await newUser();
    await api.createTask({ title: "Theirs" });
    const storage = memoryStorage();
    const gone = { ...(await api.listTasks()).tasks[0], id: crypto.randomUUID(), title: "Gone" };
    await storage.write(new Map([["revision", 1_000_000], [`task:${gone.id}`, gone]]));
    const device = await newDevice({ storage });
    device.store.create({ title: "Mine" });
    await device.settled();

    await until(() => titles(device.store).join() === "Mine,Theirs");
    assert.equal(device.store.getState().tasks[0].user_id, userId);
});

test("Changes are sent with a token of their user only", async () => {
    const { api, newDevice } = await newUser();
    const { client: other } = await signUp(server.url);
    const device = await newDevice();
    const { getToken } = device;
    device.getToken = () => null;
    device.client.forgetToken();
    device.store.create({ title: "Mine" });
    await until(() => device.store.getState().error?.status === 401);

    device.getToken = () => other.token();
    device.store.wake();
    await until(() => device.store.getState().error?.code === "OTHER_USER");
    device.getToken = getToken;
    device.client.forgetToken();
    device.store.wake();
    await device.settled();
    assert.deepEqual((await api.listTasks()).tasks.map(({ title }) => title), ["Mine"]);
    assert.deepEqual((await createTaskSlices({ baseUrl: server.url, getToken: () => other.token() }).listTasks()).tasks, []);
});

test("A change that comes too late is sent anew after a reload, too", async () => {
    const { api, newDevice } = await newUser();
    const { id } = await api.createTask({ title: "One" });
    const device = await newDevice({ storage: indexedDbStorage(crypto.randomUUID()) });
    device.goOffline();
    device.store.update(id, { title: "Two" });
    await device.written();
    let opens;
    device.feed = new Promise((resolve) => (opens = resolve));
    await device.reload();
    await device.loaded();
    await api.updateTask(id, { priority: "high" });

    device.goOnline();
    await device.settled();
    const { title, priority, revision } = await api.getTask(id);
    assert.deepEqual([title, priority, revision, device.outcomes], ["Two", "high", 3, ["sent"]]);
    opens();
});

test("A function that resolves a conflict to nothing leaves the server's", async () => {
    const { api, newDevice } = await newUser();
    const { id } = await api.createTask({ title: "One" });
    const device = await newDevice({ resolve: () => undefined });
    device.goOffline();
    device.store.update(id, { title: "Two" });
    await api.updateTask(id, { title: "Three" });

    device.goOnline();
    await device.settled();
    assert.deepEqual([titles(device.store), device.outcomes], [["Three"], ["dropped"]]);
});

test("Of two tabs, one sends a change", async () => {
    const { api, newDevice } = await newUser();
    const name = crypto.randomUUID();
    const mine = ({ local }) => local;
    const a = await newDevice({ storage: indexedDbStorage(name), resolve: mine });
    const id = a.store.create({ title: "One" });
    await a.settled();
    a.goOffline();
    a.store.update(id, { title: "Two" });
    await until(() => a.store.getState().error);
    const b = await newDevice({ storage: indexedDbStorage(name), resolve: mine, isOffline: true });
    assert.equal(b.store.getState().pending, 1);
    // It has its token, and waits.
    await until(() => b.store.getState().error?.code === "NETWORK_ERROR");

    a.goOnline();
    await a.settled();
    a.store.update(id, { title: "Three" });
    await a.settled();
    b.goOnline();
    await b.settled();
    assert.deepEqual([(await api.getTask(id)).title, b.outcomes], ["Three", []]);
});

test("A change that another tab has sent meanwhile is not sent again", async () => {
    const { api, newDevice } = await newUser();
    const name = crypto.randomUUID();
    const a = await newDevice({ storage: indexedDbStorage(name) });
    const id = a.store.create({ title: "One" });
    await a.settled();
    a.goOffline();
    a.store.update(id, { title: "Two" });
    await a.written();
    const b = await newDevice({ storage: indexedDbStorage(name), isOffline: true });
    await api.updateTask(id, { priority: "high" });

    // The other tab is refused, as it knows nothing of the priority, and learns it late.
    let [isRefused, open] = [false, undefined];
    const opened = new Promise((resolve) => (open = resolve));
    b.feed = opened;
    b.held = { then: (resolve) => ((isRefused = true), opened.then(resolve)) };
    b.goOnline();
    await until(() => isRefused);
    a.goOnline();
    await a.settled();
    await api.updateTask(id, { title: "Three" });
    open();
    await b.settled();

    await until(() => titles(b.store)[0] === "Three");
    const kept = Array.from((await indexedDbStorage(name).read()).keys());
    assert.deepEqual([a.outcomes, b.outcomes, kept.filter((key) => key.startsWith("change:"))], [["sent", "sent"], [], []]);
    assert.equal((await api.getTask(id)).revision, 4);
});

test("A storage that takes nothing more does not keep a change from being sent", async () => {
    const { api, newDevice } = await newUser();
    const { id } = await api.createTask({ title: "One" });
    const storage = { ...indexedDbStorage(crypto.randomUUID()) };
    const device = await newDevice({ storage });
    device.goOffline();
    device.store.update(id, { title: "Two" });
    await device.written();
    await device.reload();
    await device.loaded();
    storage.write = () => Promise.reject(new Error("full"));
    await api.updateTask(id, { priority: "high" });

    device.feed = new Promise(() => {});
    device.goOnline();
    await device.settled();
    const { title, priority, revision } = await api.getTask(id);
    assert.deepEqual([title, priority, revision, device.outcomes], ["Two", "high", 3, ["sent"]]);
    assert.equal(device.store.getState().isKept, false);
});

test("A server can ask for a pause of ten minutes, and of no more", () => {
    const { setTimeout } = globalThis;
    const waits = [];
    globalThis.setTimeout = (_, time) => waits.push(time);
    try {
        for (const seconds of [5, 1_000_000]) void new Pause().backOff(seconds);
    } finally {
        globalThis.setTimeout = setTimeout;
    }

    assert.deepEqual(waits, [5_000, 600_000]);
});

test("Without streams, changes are asked for", async (t) => {
    const { api, newDevice } = await newUser();
    // As in React Native, which has no crypto either.
    const { throwIfAborted } = AbortSignal.prototype;
    delete AbortSignal.prototype.throwIfAborted;
    t.after(() => (AbortSignal.prototype.throwIfAborted = throwIfAborted));
    const device = await newDevice({ hasStreams: false });
    await api.createTask({ title: "One" });

    await until(() => titles(device.store).length, 15_000);
});
