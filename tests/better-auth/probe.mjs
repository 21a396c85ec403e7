// The life of an account, by Better Auth's own client, against any server that speaks its language. Prints, as one line of JSON, what it sent
// and what it got: for every step the kinds of all members, statuses, error codes, and the cookies with their attributes. Two servers that
// are alike print the same.
//   node probe.mjs <url of the server>
import { createAuthClient } from "better-auth/client";
import { jwtClient } from "better-auth/client/plugins";

const [url] = process.argv.slice(2);

const signatures = { session_token: /^[a-zA-Z0-9]{32}\.[A-Za-z0-9+/]{43}=$/, dont_remember: /^true\.[A-Za-z0-9+/]{43}=$/ };

// What is different each time is told by its kind.
function kind(value) {
  if (Array.isArray(value)) return value.map(kind);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, kind(member)]));
  if (typeof value === "number") return "number";
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return "time";
  if (/^[a-zA-Z0-9]{32}$/.test(value)) return "32 letters and digits";
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)) return "JWT";
  if (/^[\w-]{300,}$/.test(value)) return "number of a key";
  if (value === url) return "origin";
  return /@|^(Ada|127\.0\.0\.1)?$/.test(value) ? "text" : value;
}

function cookie(header) {
  const [pair, ...attributes] = header.split("; ");
  const [name, value] = pair.split("=");
  const signature = signatures[name.split(".")[1]];
  return { name, value: value === "" ? "" : signature?.test(decodeURIComponent(value)) ? "signed" : value, attributes };
}

function browser() {
  const cookies = new Map();
  const exchanges = [];
  const client = createAuthClient({
    baseURL: url,
    plugins: [jwtClient()],
    fetchOptions: {
      // Cookies and Origin are a browser's work; there is none here.
      onRequest(request) {
        request.headers.set("origin", url);
        request.headers.set("user-agent", "Ada");
        if (cookies.size) request.headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
        exchanges.push({ method: request.method, path: new URL(request.url).pathname, contentType: request.headers.get("content-type"), body: request.body });
      },
      onResponse({ response }) {
        const set = response.headers.getSetCookie();
        for (const header of set) {
          const [name, ...value] = header.split(";")[0].split("=");
          if (/Max-Age=0/.test(header)) cookies.delete(name);
          else cookies.set(name, value.join("="));
        }
        Object.assign(exchanges.at(-1), {
          status: response.status,
          type: response.headers.get("content-type"),
          cache: exchanges.at(-1).path.endsWith("get-session") ? response.headers.get("cache-control") : undefined,
          jwt: response.headers.get("set-auth-jwt") ? "JWT" : null,
          exposed: response.headers.get("access-control-expose-headers"),
          cookies: set.map(cookie),
        });
      },
    },
  });

  return { client, cookies, exchanges };
}

const steps = [];
async function step(name, browser, action) {
  browser.exchanges.length = 0;
  const { data, error } = await action(browser.client);
  steps.push({ name, sent: browser.exchanges.map((exchange) => ({ ...exchange, body: kind(exchange.body ? JSON.parse(exchange.body) : null) })), data: kind(data), error: kind(error) });
  return data;
}

const user = { name: "Ada", email: `ada-${crypto.randomUUID()}@example.com`, password: "correct horse" };
const [first, second, stranger] = [browser(), browser(), browser()];

await step("no session yet", first, (c) => c.getSession());
await step("no token yet", first, (c) => c.token());
await step("password too short", first, (c) => c.signUp.email({ ...user, password: "short" }));
await step("no address", first, (c) => c.signUp.email({ ...user, email: "nobody" }));
await step("no name", first, (c) => c.signUp.email({ ...user, name: undefined }));
await step("sign up", first, (c) => c.signUp.email(user));
await step("sign up twice", stranger, (c) => c.signUp.email(user));
await step("session", first, (c) => c.getSession());
const { token } = await step("token", first, (c) => c.token());
await step("keys", first, (c) => c.jwks());
await step("wrong password", stranger, (c) => c.signIn.email({ email: user.email, password: "wrong password" }));
await step("unknown user", stranger, (c) => c.signIn.email({ email: `no-${user.email}`, password: "wrong password" }));
await step("sign in", second, (c) => c.signIn.email({ email: user.email, password: user.password, rememberMe: false }));
await step("sessions", second, (c) => c.listSessions());
await step("sign out", second, (c) => c.signOut());
await step("no session any more", second, (c) => c.getSession());
await step("the other session goes on", first, (c) => c.getSession());
await step("end all", first, (c) => c.revokeSessions());
await step("all are ended", first, (c) => c.getSession());
await step("no token any more", first, (c) => c.token());
await step("sign out without a session", stranger, (c) => c.signOut());
await step("no such address", stranger, (c) => c.$fetch("/nothing"));

const [header, payload] = token.split(".").map((part, i) => i < 2 && JSON.parse(Buffer.from(part, "base64url")));
const lifetime = payload.exp - payload.iat;
console.log(JSON.stringify({ steps, header: { alg: header.alg, kid: typeof header.kid }, payload: kind(Object.fromEntries(Object.entries(payload).sort())), lifetime }));
process.exit();
