import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { until } from "./support/device.mjs";
import { Server, signUp } from "./support/server.mjs";

const folder = fileURLToPath(new URL("../", import.meta.url));
const run = promisify(execFile);

/** What a program that has this as its only line takes, minified and compressed. */
async function sizeOf(line, external = []) {
    const { output } = await build({
        configFile: false,
        logLevel: "silent",
        root: folder,
        plugins: [{ name: "line", resolveId: (id) => (id === "line" ? "\0line" : null), load: (id) => (id === "\0line" ? line : null) }],
        build: { write: false, minify: true, rollupOptions: { input: "line", external, preserveEntrySignatures: "strict" } },
    });

    return gzipSync(output[0].code).length;
}

async function inTemporary(use) {
    const directory = await mkdtemp(join(tmpdir(), "taskslices-npm-"));
    try {
        await use(directory);
    } finally {
        await rm(directory, { recursive: true });
    }
}

test("The types are those of the document", async () => {
    await inTemporary(async (directory) => {
        const file = join(directory, "openapi.ts");
        await run("npx", ["--no-install", "openapi-typescript", "../../docs/openapi.json", "--output", file], { cwd: folder });

        assert.equal(await readFile(join(folder, "src/openapi.ts"), "utf8"), await readFile(file, "utf8"), "Run: npm run generate");
    });
});

test("The page of the server is built from what is here", async () => {
    await inTemporary(async (directory) => {
        const file = join(directory, "app.js");
        await run("npm", ["run", "page", "--", `--outfile=${file}`], { cwd: folder });

        assert.equal(await readFile(join(folder, "../../src/wwwroot/app.js"), "utf8"), await readFile(file, "utf8"), "Run: npm run page");
    });
});

test("The lock file of the sample knows what the package needs", async () => {
    const read = async (path) => JSON.parse(await readFile(join(folder, path), "utf8"));
    const { devDependencies } = await read("package.json");
    const lock = await read("../../samples/nextjs/package-lock.json");

    assert.deepEqual(lock.packages["../../clients/typescript"].devDependencies, devDependencies, "Run npm install in samples/nextjs.");
});

test("It needs nothing that React Native does not have", async () => {
    const server = await Server.start({ BETTER_AUTH_SECRET: "a-secret-made-up-for-the-tests-of-the-package" });
    try {
        // Expo adds ReadableStream, and leaves fetch as it is.
        for (const has of ["none", "streams"]) {
            const program = [join(folder, "test/support/react-native.mjs"), server.url, "a-secret-made-up-for-the-tests-of-the-package", has];
            const { stdout } = await run("node", program);
            assert.equal(stdout, "One, Two\n", has);
        }
    } finally {
        await server.stop();
    }
});

test("Who does not know exports, as React Native up to 0.78, finds the same files", async () => {
    const { exports, files } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    for (const [entry, { types, default: file }] of Object.entries(exports)) {
        const place = join(folder, entry);
        const old = JSON.parse(await readFile(join(place, "package.json"), "utf8"));

        assert.deepEqual([join(place, old.main), join(place, old.types)], [join(folder, file), join(folder, types)]);
        assert.ok(entry === "." || files.includes(entry.slice(2)));
    }
});

test("It is small, and what is not used is left out", async (t) => {
    const [whole, part] = [await sizeOf('export * from "taskslices"'), await sizeOf('export { TaskSlicesError } from "taskslices"')];
    const all = await sizeOf('export * from "taskslices"; export * from "taskslices/sync"; export * from "taskslices/react"', ["react"]);
    t.diagnostic(`${whole} bytes compressed, ${part} for one class, ${all} with sync and react`);

    assert.ok(part > 100 && part < 1024);
    assert.ok(whole > part && all > whole && all < 8 * 1024);
});

test("The example of the README runs as it stands", async (t) => {
    const readme = await readFile(join(folder, "README.md"), "utf8");
    const examples = Array.from(readme.matchAll(/```js\n(.*?)```/gs), ([, example]) => example);
    assert.equal(examples.length, 2);
    const server = await Server.start();
    // Below the package, so that its name is found.
    const place = join(folder, "test", "example");
    const { fetch } = globalThis;
    const { log } = console;
    const printed = [];
    t.after(async () => {
        Object.assign(globalThis, { fetch });
        console.log = log;
        await rm(place, { recursive: true });
        await server.stop();
    });

    const { client } = await signUp(server.url);
    await mkdir(place, { recursive: true });
    globalThis.authClientOfTheTest = client;
    globalThis.fetch = (url, init) => fetch(url.toString().replace("http://localhost:8000", server.url), init);
    console.log = (text) => printed.push(text);
    await writeFile(join(place, "auth-client.js"), "export const authClient = globalThis.authClientOfTheTest;\n");
    await writeFile(join(place, "example.js"), `${examples.join("\n")}\nexport { api, milk, store };\n`);
    await writeFile(join(place, "auth-client.d.ts"), 'import type { TokenAnswer } from "taskslices";\nexport declare const authClient: { token(): Promise<TokenAnswer> };\n');
    await writeFile(join(place, "example.ts"), `${examples.join("\n")}\nexport { api, milk, store };\n`);
    const strictly = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.asynciterable"];
    await run(process.execPath, [join(folder, "node_modules/typescript/bin/tsc"), ...strictly, "example.ts"], { cwd: place }).catch(({ stdout }) => assert.fail(stdout));
    const { api, milk, store } = await import(pathToFileURL(join(place, "example.js")));

    await until(() => printed.includes(2) && !store.getState().pending);
    const { tasks } = await api.listTasks();
    await store.stop();
    assert.deepEqual([printed[0], (await api.getTask(milk.id)).title], ["Buy milk", "Buy oat milk"]);
    assert.deepEqual(tasks.map(({ title, priority, completed }) => [title, priority, completed]), [["Water the plants", "high", false], ["Buy oat milk", "none", true]]);
});

test("A Vite project with React takes the package as it is published", async () => {
    await inTemporary(async (directory) => {
        await run("npm", ["pack", "--ignore-scripts", "--pack-destination", directory], { cwd: folder });
        const { version } = JSON.parse(await readFile(join(folder, "package.json")));
        await cp(join(folder, "test/vite-react"), directory, { recursive: true });
        await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./taskslices-${version}.tgz`], { cwd: directory });
        for (const name of ["react", "react-dom", "scheduler", "@types", "csstype", "typescript", "vite"])
            await symlink(join(folder, "node_modules", name), join(directory, "node_modules", name));

        await run(process.execPath, [join(folder, "node_modules/typescript/bin/tsc"), "--noEmit"], { cwd: directory });
        await build({ root: directory, configFile: false, logLevel: "silent" });
        assert.match(await readFile(join(directory, "dist/index.html"), "utf8"), /<script type="module"/);
    });
});
