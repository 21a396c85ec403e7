import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { createTaskSlices, TaskSlicesError } from "taskslices";
import { Server, signUp, startBetterAuth } from "./support/server.mjs";

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

async function newUser(settings) {
    const { client: account, user } = await signUp(server.url);

    return { account, user, api: createTaskSlices({ baseUrl: server.url, getToken: () => account.token(), ...settings }) };
}

/** The error that a call ends with. */
const errorOf = async (call) => {
    const error = await call.then(() => assert.fail("It was not refused."), (error) => error);
    assert.ok(error instanceof TaskSlicesError, String(error));

    return error;
};

/** Sends each request, and loses the answer of those that are named. */
const losing = (isLost) => {
    const sent = [];
    const fetch = async (url, init) => {
        sent.push({ method: init.method, ...init.headers });
        const response = await globalThis.fetch(url, init);
        if (!isLost(sent.length, init)) return response;

        await response.arrayBuffer();
        throw new TypeError("lost");
    };

    return { fetch, sent };
};

test("There is a function for each operation of the document", async () => {
    const document = JSON.parse(await readFile(new URL("../../../docs/openapi.json", import.meta.url)));
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId));
    const { api } = await newUser();

    assert.ok(ids.length >= 15);
    // PATCH and PUT of a task are the same.
    for (const id of ids.filter((id) => id !== "PatchUpdateTask"))
        assert.equal(typeof api[id[0].toLowerCase() + id.slice(1)], "function", id);
});

test("A task lives", async () => {
    const { api } = await newUser();
    const milk = await api.createTask({ title: "Buy milk", tags: ["home"], priority: "high" });
    assert.equal(milk.user_id, await api.getUserId());
    assert.deepEqual(await api.getTask(milk.id), milk);

    const oat = await api.updateTask(milk, { title: "Buy oat milk" });
    const done = await api.toggleTask(oat);
    assert.deepEqual([done.title, done.completed, done.priority], ["Buy oat milk", true, "high"]);
    assert.equal((await api.toggleTask(done, false)).completed, false);
    assert.deepEqual(await api.listTags(), [{ name: "home", count: 1 }]);

    await api.deleteTask(milk.id);
    assert.deepEqual((await api.listTasks()).tasks, []);
    assert.equal((await api.restoreTask(milk)).title, "Buy oat milk");
});

test("Changes, batches, export, ticket and erasure", async () => {
    const { api, user } = await newUser();
    const { revision } = await api.listTasks();
    const add = (title) => ({ method: "POST", path: "/tasks", body: { title } });
    const { results } = await api.runBatch([add("One"), add("Two")]);
    assert.deepEqual(results.map(({ status }) => status), [201, 201]);
    const page = await api.listChanges({ since: revision, limit: 1 });
    assert.deepEqual([page.changes[0].row.title, page.more], ["One", true]);
    assert.equal((await api.listTasks()).revision, (await api.listChanges({ since: page.next })).next);

    const kinds = [];
    for await (const { kind } of api.exportUser()) kinds.push(kind);
    assert.equal(kinds.filter((kind) => kind === "tasks").length, 2);
    assert.ok((await api.createEventTicket()).ticket);

    assert.equal((await errorOf(api.eraseUser("wrong"))).code, "WRONG_PASSWORD");
    await api.eraseUser(user.password);
    assert.equal((await errorOf(api.listTasks())).status, 401);
});

test("A list comes in pages", async () => {
    const { api } = await newUser();
    for (let i = 0; i < 5; i++) await api.createTask({ title: `Task ${i}`, tags: i % 2 ? ["odd"] : ["even", "b, c"] });

    const pages = [];
    for await (const { tasks, total } of api.listPages({ limit: 2, count: true, sort_by: "title", order: "asc" })) pages.push([total, ...tasks.map(({ title }) => title)]);
    assert.deepEqual(pages, [[5, "Task 0", "Task 1"], [5, "Task 2", "Task 3"], [5, "Task 4"]]);
    assert.equal((await api.listTasks({ tags: ["even"], status: "pending" })).tasks.length, 3);
});

test("A refusal says what is wrong", async () => {
    const { api } = await newUser();
    const invalid = await errorOf(api.createTask({ title: " " }));
    assert.deepEqual([invalid.code, invalid.status, invalid.errors, invalid.message], ["VALIDATION_FAILED", 422, [{ field: "title", message: "title is required." }], "title is required."]);
    assert.match(invalid.traceId, /^[0-9a-f]{32}$/);

    const task = await api.createTask({ title: "One" });
    const changed = await api.updateTask(task.id, { title: "Two" });
    const conflict = await errorOf(api.updateTask(task, { title: "Three" }));
    assert.deepEqual([conflict.code, conflict.current], ["PRECONDITION_FAILED", changed]);
    assert.equal((await errorOf(api.deleteTask(task))).status, 412);
    assert.equal((await errorOf(api.runBatch([{ method: "PATCH", path: `/tasks/${task.id}`, body: {} }, { method: "DELETE", path: `/tasks/${crypto.randomUUID()}` }]))).operation, 1);
    assert.equal((await errorOf(api.getTask("../x"))).status, 404);
});

test("What is changed arrives as it happens, until the stream is closed", async () => {
    const { api } = await newUser();
    const closing = new AbortController();
    const titles = [];
    const { revision } = await api.listTasks();
    await api.createTask({ title: "Before" });
    const reading = (async () => {
        for await (const { row } of api.streamChanges({ since: revision }, { signal: closing.signal })) {
            titles.push(row.title);
            if (titles.length === 1) await api.createTask({ title: "After" });
            else closing.abort();
        }
    })();

    await assert.rejects(reading, { name: "AbortError" });
    assert.deepEqual(titles, ["Before", "After"]);
});

test("One token serves many calls, and is asked for once", async () => {
    let asked = 0;
    const { account } = await newUser();
    const getToken = () => (asked++, account.token());
    const api = createTaskSlices({ baseUrl: `${server.url}/`, getToken });

    await Promise.all(Array.from({ length: 10 }, () => api.listTasks()));
    assert.equal(asked, 1);
    api.forgetToken();
    await api.listTasks();
    assert.equal(asked, 2);
});

test("A refused token is renewed once, for all calls", async () => {
    const { account } = await newUser();
    const { data: { token } } = await account.token();
    const stale = `${token.slice(0, -8)}AAAAAAAA`;
    let asked = 0;
    const api = createTaskSlices({ baseUrl: server.url, getToken: () => (asked++ ? token : stale) });
    await Promise.all(Array.from({ length: 5 }, () => api.createTask({ title: "One" })));
    assert.deepEqual([asked, (await api.listTasks()).tasks.length], [2, 5]);

    asked = 0;
    const signedOut = createTaskSlices({ baseUrl: server.url, getToken: () => (asked++, { data: { token: stale }, error: null }) });
    assert.equal((await errorOf(signedOut.listTasks())).code, "BAD_SIGNATURE");
    assert.equal(asked, 2);
});

test("A token is used until just before it expires", async () => {
    const tokenFor = (seconds) => `e30.${btoa(JSON.stringify({ sub: "ann", exp: Date.now() / 1000 + seconds }))}.`;
    const lifetimes = [5, 60, 60];
    const seen = [];
    const fetch = async (url, { headers }) => (seen.push([new URL(url).pathname, headers.Authorization]), Response.json([]));
    const api = createTaskSlices({ baseUrl: "http://localhost", fetch, getToken: () => tokenFor(lifetimes.shift()) });
    for (let i = 0; i < 3; i++) await api.listTasks();

    assert.equal(lifetimes.length, 1);
    assert.equal(seen[1][1], seen[2][1]);
    assert.notEqual(seen[0][1], seen[1][1]);
});

test("A clock that is ahead costs no token for each call", async () => {
    const issued = Date.now() / 1000 - 3600;
    let asked = 0;
    const getToken = () => (asked++, `e30.${btoa(JSON.stringify({ sub: "ann", iat: issued, exp: issued + 900 }))}.`);
    const api = createTaskSlices({ baseUrl: "http://localhost", fetch: async () => Response.json([]), getToken });
    for (let i = 0; i < 3; i++) await api.listTasks();

    assert.equal(asked, 1);
});

test("Without its tag a list has the revision of its last change", async () => {
    const fetch = async () => Response.json([{ revision: 7 }, { revision: 12 }, { revision: 3 }]);
    const api = createTaskSlices({ baseUrl: "http://localhost", fetch, getToken: () => `e30.${btoa('{"sub":"ann","exp":4e9}')}.` });

    assert.equal((await api.listTasks()).revision, 12);
});

test("An export that breaks off is an error", async () => {
    const cut = (end) => createTaskSlices({
        baseUrl: server.url,
        getToken: () => `e30.${btoa('{"sub":"ann","exp":4e9}')}.`,
        fetch: async () => new Response(new ReadableStream({
            start(stream) {
                stream.enqueue(new TextEncoder().encode('{"kind":"tasks"}\n{"kind":'));
                end(stream);
            },
        })),
    });
    for (const end of [(stream) => stream.error(new TypeError("The network is gone.")), (stream) => stream.close()]) {
        const reading = (async () => {
            for await (const row of cut(end).exportUser()) assert.deepEqual(row, { kind: "tasks" });
        })();
        assert.equal((await errorOf(reading)).code, "NETWORK_ERROR");
    }
});

test("The owner of the address is the subject, whatever its letters", async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ sub: "ä/b?", exp: 4e9 }));
    const payload = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    const paths = [];
    const fetch = async (url) => (paths.push(url), Response.json([]));
    await createTaskSlices({ baseUrl: "http://localhost/sub", fetch, getToken: () => `e30.${payload}.` }).listTasks();

    assert.deepEqual(paths, ["http://localhost/sub/api/%C3%A4%2Fb%3F/tasks"]);
});

test("Without a token, nothing is sent", async () => {
    const none = async (getToken) => errorOf(createTaskSlices({ baseUrl: server.url, getToken, fetch: () => assert.fail() }).listTasks());

    assert.equal((await none(() => null)).code, "TOKEN_MISSING");
    assert.equal((await none(() => ({ data: null, error: { status: 401, code: "UNAUTHORIZED" } }))).code, "TOKEN_MISSING");
    assert.equal((await none(() => ({ data: null, error: { status: 500 } }))).code, "TOKEN_UNAVAILABLE");
    assert.equal((await none(() => Promise.reject(new TypeError()))).code, "TOKEN_UNAVAILABLE");
    assert.equal((await none(() => "session-token")).code, "MALFORMED_TOKEN");
    const { account } = await newUser();
    const other = createTaskSlices({ baseUrl: server.url, getToken: () => account.token() });
    assert.equal((await errorOf(other.listTasks({}, { userId: "another" }))).code, "OTHER_USER");
});

test("A create whose answer is lost is repeated with its key, and done once", async () => {
    const { fetch, sent } = losing((count) => count <= 2);
    const { api } = await newUser({ fetch });
    const task = await api.createTask({ title: "Once" });

    assert.deepEqual((await api.listTasks()).tasks, [task]);
    const keys = sent.filter(({ method }) => method === "POST").map((headers) => headers["Idempotency-Key"]);
    assert.deepEqual([keys.length, new Set(keys).size], [3, 1]);
    await api.createTask({ title: "Twice" });
    assert.equal(new Set(sent.filter(({ method }) => method === "POST").map((headers) => headers["Idempotency-Key"])).size, 2);
});

test("A change whose answer is lost succeeds", async () => {
    let lose = false;
    const { fetch } = losing(() => lose && !(lose = false));
    const { api } = await newUser({ fetch });
    const task = await api.createTask({ title: "One" });
    lose = true;
    const changed = await api.updateTask(task, { title: "Two" });
    assert.deepEqual(changed, await api.getTask(task.id));
    lose = true;
    const done = await api.toggleTask(changed);
    assert.deepEqual([done.completed, (await api.getTask(task.id)).completed], [true, true]);
    lose = true;
    assert.equal((await errorOf(api.toggleTask(task.id))).code, "NETWORK_ERROR");
    lose = true;
    await api.deleteTask(task.id);
    assert.equal((await errorOf(api.getTask(task.id))).code, "TASK_NOT_FOUND");
});

test("A busy server is asked again when it says so", async () => {
    const answers = [[503, "1"], [429, "0"], [200]];
    const began = Date.now();
    const fetch = async () => {
        const [status, after] = answers.shift();

        return Response.json(status === 200 ? [] : { code: "UNAVAILABLE", detail: "Busy." }, { status, headers: after ? { "Retry-After": after } : {} });
    };
    const getToken = () => `e30.${btoa(JSON.stringify({ sub: "ann", exp: 4e9 }))}.`;
    assert.deepEqual((await createTaskSlices({ baseUrl: "", fetch, getToken }).listTasks()).tasks, []);
    assert.ok(Date.now() - began >= 990);

    answers.push([429, "3600"]);
    const error = await errorOf(createTaskSlices({ baseUrl: "", fetch, getToken }).listTasks());
    assert.deepEqual([error.status, error.retryAfter], [429, 3600]);
    answers.push([503, "0"], [503, "0"]);
    assert.equal((await errorOf(createTaskSlices({ baseUrl: "", fetch, getToken, retries: 1 }).listTasks())).status, 503);
    assert.equal(answers.length, 0);
});

test("A call can be aborted, and ends in time", async () => {
    const getToken = () => `e30.${btoa(JSON.stringify({ sub: "ann", exp: 4e9 }))}.`;
    const fetch = (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const aborting = new AbortController();
    const call = createTaskSlices({ baseUrl: "", fetch, getToken }).listTasks({}, { signal: aborting.signal });
    setTimeout(() => aborting.abort(), 20);
    await assert.rejects(call, { name: "AbortError" });

    assert.equal((await errorOf(createTaskSlices({ baseUrl: "", fetch, getToken, timeout: 20, retries: 1 }).listTasks())).code, "NETWORK_ERROR");
});

test("A proxy's page is an error of its status", async () => {
    const getToken = () => `e30.${btoa(JSON.stringify({ sub: "ann", exp: 4e9 }))}.`;
    const api = createTaskSlices({ baseUrl: "", getToken, retries: 0, fetch: async () => new Response("<h1>Bad Gateway</h1>", { status: 502 }) });

    const error = await errorOf(api.listTasks());
    assert.deepEqual([error.code, error.isLost], ["HTTP_502", true]);
});

test("It works with a real Better Auth server", async () => {
    const auth = await startBetterAuth();
    const delegated = await Server.start({ BETTER_AUTH_URL: auth.url });
    try {
        const { client: account } = await signUp(auth.url);
        const api = createTaskSlices({ baseUrl: delegated.url, getToken: () => account.token() });
        await api.createTask({ title: "Buy milk" });
        assert.deepEqual((await api.listTasks()).tasks.map(({ title }) => title), ["Buy milk"]);
        assert.equal(await api.getUserId(), (await account.getSession()).data.user.id);
    } finally {
        await delegated.stop();
        await auth.stop();
    }
});
