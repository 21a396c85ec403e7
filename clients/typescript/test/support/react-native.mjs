// A program where only that is there which React Native 0.76 has (Hermes, its own fetch): two devices of a user, which see each other's tasks.
import { createHmac } from "node:crypto";
import { request } from "node:http";

const [url, secret, streams] = process.argv.slice(2);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = Math.floor(Date.now() / 1000);
const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: `user-${streams}`, iat: now, exp: now + 600 })}`;
const token = `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
if (streams !== "streams") Reflect.deleteProperty(globalThis, "ReadableStream");
for (const name of ["crypto", "TextDecoder", "BroadcastChannel", "structuredClone", "indexedDB", "URLSearchParams", "DOMException"])
    Reflect.deleteProperty(globalThis, name);
for (const name of ["any", "timeout", "abort"]) delete AbortSignal[name];
delete AbortSignal.prototype.throwIfAborted;
Object.defineProperty(globalThis, "navigator", { value: { product: "ReactNative" } });

/** Answers when all has come, as XMLHttpRequest does. Node's own fetch needs what is removed. */
globalThis.fetch = (address, { method = "GET", headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
        const sent = request(address, { method, headers }, (answer) => {
            let all = "";
            answer.setEncoding("utf8").on("data", (part) => (all += part)).on("end", () => {
                const header = (name) => answer.headers[name.toLowerCase()] ?? null;
                resolve({
                    ok: answer.statusCode < 300,
                    status: answer.statusCode,
                    headers: { get: header, has: (name) => header(name) !== null },
                    text: async () => all,
                });
            });
        });
        sent.on("error", () => reject(new TypeError("Network request failed")));
        signal?.addEventListener("abort", () => sent.destroy());
        sent.end(body);
    });
globalThis.fetch.polyfill = true;

const { createTaskSlices } = await import("../../dist/index.js");
const { TaskStore } = await import("../../dist/sync/index.js");
const newDevice = () => new TaskStore({ client: createTaskSlices({ baseUrl: url, getToken: () => token }), userId: `user-${streams}` });
const titles = ({ getState }) => getState().tasks.map(({ title }) => title).sort().join(", ");
const [one, two] = [newDevice(), newDevice()];
one.create({ title: "One" });
two.create({ title: "Two" });
for (const end = Date.now() + 20_000; (titles(one) !== "One, Two" || titles(two) !== "One, Two") && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 100));

console.log(titles(one) === titles(two) ? titles(one) : `${titles(one)} / ${titles(two)}`);
process.exit();
