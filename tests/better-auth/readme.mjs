// Runs the README's api() as it stands, in the place of a frontend of a Better Auth server, and prints what became of it as one line of JSON.
//   node readme.mjs <url of the Better Auth server> <url of the API> <file with the code of docs/better-auth.md, as a module>
import { pathToFileURL } from "node:url";

const [authUrl, apiUrl, file] = process.argv.slice(2);
const cookies = new Map();
const browserless = globalThis.fetch;
let [renewals, expired, last] = [0, null, null];

// What a browser does: addresses of the page's own origin, and cookies for it. The API of the README is where the test has it.
globalThis.fetch = async (address, init = {}) => {
  const url = new URL(address, authUrl);
  const headers = new Headers(init.headers);
  if (url.origin === "http://localhost:8000") {
    last = headers.get("Authorization");
    // As if it had expired: the server refuses it, and gives 401.
    if (expired && last === expired) headers.set("Authorization", `${last.slice(0, -8)}AAAAAAAA`);
    return browserless(new URL(url.pathname, apiUrl), { ...init, headers });
  }

  if (url.pathname === "/api/auth/token") renewals++;
  headers.set("Origin", authUrl);
  headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
  const response = await browserless(url, { ...init, headers });
  for (const cookie of response.headers.getSetCookie()) {
    const [name, ...value] = cookie.split(";")[0].split("=");
    cookies.set(name, value.join("="));
  }
  return response;
};

const user = { name: "Ada Lovelace", email: `ada-${crypto.randomUUID()}@example.com`, password: crypto.randomUUID() };
await fetch("/api/auth/sign-up/email", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(user) });
const session = await (await fetch("/api/auth/get-session")).json();

const { api } = await import(pathToFileURL(file));
const first = renewals;
const path = `/api/${session.user.id}/tasks`;

// Better Auth signs the same token twice within a second, which the test could not tell from the one that has expired.
const second = JSON.parse(atob(last.split(".")[1])).iat;
while (Math.floor(Date.now() / 1000) === second) await new Promise((resolve) => setTimeout(resolve, 50));
expired = last;
const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => api(path, { method: "POST", body: JSON.stringify({ title: `Task ${i}` }) })));
const list = await (await api(path)).json();

console.log(JSON.stringify({ first, then: renewals - first, statuses: answers.map((answer) => answer.status), titles: list.map((task) => task.title) }));
process.exit();
