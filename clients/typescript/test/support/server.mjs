// A TaskSlices server in a process of its own, as `dotnet build` made it, and a real Better Auth server. They end with the tests.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const assembly = process.env.TASKSLICES_DLL ?? join(root, "tests/TaskSlices.Tests/bin/Debug/net10.0/TaskSlices.dll");
const betterAuth = join(root, "tests/better-auth");
const started = new Set();

process.on("exit", () => {
    for (const child of started) child.kill("SIGKILL");
});

/** With embedded accounts, unless the settings say otherwise. */
export class Server {
    static async start(settings = {}) {
        const server = new Server();
        server.directory = mkdtempSync(join(tmpdir(), "taskslices-npm-"));
        server.settings = settings;
        await server.run(0);

        return server;
    }

    /** Nothing that the machine sets for a server of its own reaches this one. */
    async run(port) {
        const { PATH, DOTNET_ROOT } = process.env;
        const environment = {
            PATH,
            ...(DOTNET_ROOT && { DOTNET_ROOT }),
            HOME: this.directory,
            DATA_DIR: join(this.directory, "data"),
            Accounts__AttemptsPerAddress: "1000000",
            Limits__WritesPerMinute: "0",
            Limits__ReadsPerMinute: "0",
            ...this.settings,
        };
        this.child = spawn("dotnet", ["exec", assembly, "--urls", `http://127.0.0.1:${port}`], { env: environment, cwd: this.directory });
        this.url = await lineOf(this.child, this.child.stderr, (line) => /Listening on (http[^,"\s]+)/.exec(line)?.[1]);
    }

    /** On the same data and port, after an orderly end or a kill. */
    async restart(signal = "SIGTERM") {
        const { port } = new URL(this.url);
        await end(this.child, signal);
        await this.run(port);
    }

    async stop() {
        await end(this.child, "SIGTERM");
        rmSync(this.directory, { recursive: true });
    }
}

/** @returns its url and how to stop it */
export async function startBetterAuth() {
    const env = { ...process.env, ALG: "EdDSA", SECRET: "a-secret-made-up-for-the-tests-of-the-package", PORT: "0" };
    const child = spawn("node", ["server.mjs"], { cwd: betterAuth, env });
    const url = await lineOf(child, child.stdout, (line) => JSON.parse(line).url);

    return { url, stop: () => end(child, "SIGKILL") };
}

/** Better Auth's own client, signed up, and its user. */
export async function signUp(url) {
    const { createClient, newUser } = await import(join(betterAuth, "browserless.mjs"));
    const client = createClient(url);
    const user = newUser();
    const { error } = await client.signUp.email(user);
    if (error) throw new Error(JSON.stringify(error));

    return { client, user };
}

function lineOf(child, stream, find) {
    started.add(child);
    const seen = [];

    return new Promise((resolve, reject) => {
        createInterface(stream).on("line", (line) => {
            seen.push(line);
            const found = find(line);
            if (found) resolve(found);
        });
        child.on("error", reject);
        child.on("exit", (code) => reject(new Error(`It ended with ${code}:\n${seen.join("\n")}`)));
    });
}

async function end(child, signal) {
    const ended = new Promise((resolve) => (child.exitCode ?? child.signalCode) !== null ? resolve() : child.on("exit", resolve));
    child.kill(signal);
    await ended;
    started.delete(child);
}
