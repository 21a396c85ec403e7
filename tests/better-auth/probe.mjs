// The life of an account, by Better Auth's own client, against any server that speaks its language. Prints, as one line of JSON, what it sent
// and what it got: for every step the kinds of all members, statuses, error codes, and the cookies with their attributes. Two servers that
// are alike print the same.
//   node probe.mjs <url of the server> <file that gets the link of a mail>
import { existsSync, readFileSync } from "node:fs";
import { createAuthClient } from "better-auth/client";
import { jwtClient } from "better-auth/client/plugins";

const [url, mailbox] = process.argv.slice(2);

const signatures = { session_token: /^[a-zA-Z0-9]{32}\.[A-Za-z0-9+/]{43}=$/, dont_remember: /^true\.[A-Za-z0-9+/]{43}=$/ };

// The token of the link that was mailed; its length is the server's own.
let mailed;

// What is different each time is told by its kind.
function kind(value) {
  if (Array.isArray(value)) return value.map(kind);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, kind(member)]));
  if (typeof value === "number") return "number";
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return "time";
  if (value === mailed) return "token of the mail";
  if (/^[a-zA-Z0-9]{32}$/.test(value)) return "32 letters and digits";
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)) return "JWT";
  if (/^[\w-]{300,}$/.test(value)) return "number of a key";
  if (value === url) return "origin";
  return /@|^(Ada|127\.0\.0\.1)?$/.test(value) ? "text" : value;
}

const withoutToken = (address) => address?.replace(url, "origin").replace(/(\/reset-password\/|token=)[a-zA-Z0-9]+/, "$1…");

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
        exchanges.push({ method: request.method, path: withoutToken(new URL(request.url).pathname), contentType: request.headers.get("content-type"), body: request.body });
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
          location: withoutToken(response.headers.get("location")),
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

// What the owner of an account changes: the second browser forgets its cookies when it is closed.
const password = "battery staple";
const moved = { ...user, email: `king-${user.email}` };
const friend = { ...user, email: `friend-${user.email}` };
await step("not signed in", stranger, (c) => c.updateUser({ name: "Ada" }));
await step("sign in again", first, (c) => c.signIn.email({ email: user.email, password: user.password }));
await step("sign in elsewhere", second, (c) => c.signIn.email({ email: user.email, password: user.password, rememberMe: false }));
await step("update nothing", first, (c) => c.updateUser({}));
await step("update the address", first, (c) => c.updateUser({ email: moved.email }));
await step("update", first, (c) => c.updateUser({ name: "Ada King", image: "https://example.com/ada.png" }));
await step("update elsewhere", second, (c) => c.updateUser({ name: "Countess" }));
await step("the session has it", first, (c) => c.getSession());
await step("change the password by a wrong one", first, (c) => c.changePassword({ currentPassword: "wrong password", newPassword: password }));
await step("change it to a short one", first, (c) => c.changePassword({ currentPassword: user.password, newPassword: "short" }));
await step("change it to a long one", first, (c) => c.changePassword({ currentPassword: user.password, newPassword: "x".repeat(129) }));
await step("change it to none", first, (c) => c.changePassword({ revokeOtherSessions: "yes" }));
await step("change it", first, (c) => c.changePassword({ currentPassword: user.password, newPassword: "another password" }));
await step("the other goes on", first, (c) => c.getSession());
await step("change it and end the others", second, (c) => c.changePassword({ currentPassword: "another password", newPassword: password, revokeOtherSessions: true }));
await step("the other is ended", first, (c) => c.getSession());
await step("the new one is there", second, (c) => c.getSession());
await step("sign in by the old password", first, (c) => c.signIn.email({ email: user.email, password: user.password }));
await step("sign in by the new password", first, (c) => c.signIn.email({ email: user.email, password }));
const others = (await second.client.listSessions()).data.map((session) => session.token);
const own = (await second.client.getSession()).data.session.token;
await step("end a session that there is not", second, (c) => c.revokeSession({ token: "nothing" }));
await step("end a session without saying which", second, (c) => c.revokeSession({}));
await step("end the other session", second, (c) => c.revokeSession({ token: others.find((session) => session !== own) }));
await step("the other session is ended", first, (c) => c.getSession());
await step("sign in once more", first, (c) => c.signIn.email({ email: user.email, password }));
await step("end all others", first, (c) => c.revokeOtherSessions());
await step("the others are ended", second, (c) => c.getSession());
await step("a friend signs up", second, (c) => c.signUp.email(friend));
await step("the same address", first, (c) => c.changeEmail({ newEmail: user.email.toUpperCase() }));
await step("no address at all", first, (c) => c.changeEmail({ newEmail: "nobody" }));
await step("the friend's address", first, (c) => c.changeEmail({ newEmail: friend.email }));
await step("another address, and a page of another site", first, (c) => c.changeEmail({ newEmail: moved.email, callbackURL: "https://evil.example" }));
await step("another address", first, (c) => c.changeEmail({ newEmail: moved.email }));
await step("the session has the address", first, (c) => c.getSession());
await step("forget the password of nobody", stranger, (c) => c.requestPasswordReset({ email: "nobody" }));
await step("forget the password of somebody who is not there", stranger, (c) => c.requestPasswordReset({ email: user.email, redirectTo: "/new" }));
await step("forget the password for another site", stranger, (c) => c.requestPasswordReset({ email: moved.email, redirectTo: "https://evil.example" }));
await step("forget the password", stranger, (c) => c.requestPasswordReset({ email: moved.email, redirectTo: "/new?from=mail#form" }));
while (!existsSync(mailbox) || !readFileSync(mailbox, "utf8")) await new Promise((resolve) => setTimeout(resolve, 20));
const link = new URL(readFileSync(mailbox, "utf8"));
const follow = (path) => (c) => c.$fetch(url + path, { redirect: "manual" });
await step("follow the link", stranger, follow(link.pathname + link.search));
await step("follow it to another site", stranger, follow(`${link.pathname}?callbackURL=https://evil.example`));
await step("follow it to nowhere", stranger, follow(link.pathname));
await step("follow it to an empty address", stranger, follow(`${link.pathname}?callbackURL=`));
await step("follow a wrong link", stranger, follow(`/api/auth/reset-password/nothing${link.search}`));
mailed = link.pathname.split("/").at(-1);
const reset = { newPassword: "chosen after the mail", token: mailed };
await step("reset without a token", stranger, (c) => c.resetPassword({ newPassword: reset.newPassword }));
await step("reset to a short one", stranger, (c) => c.resetPassword({ ...reset, newPassword: "short" }));
await step("reset by a wrong token", stranger, (c) => c.resetPassword({ ...reset, token: "nothing" }));
await step("reset", stranger, (c) => c.resetPassword(reset));
await step("reset again", stranger, (c) => c.resetPassword(reset));
await step("the reset ended the session", first, (c) => c.getSession());
await step("sign in by what was reset", first, (c) => c.signIn.email({ email: moved.email, password: reset.newPassword }));
await step("delete by a wrong password", first, (c) => c.deleteUser({ password: "wrong password" }));
await step("delete by a token", first, (c) => c.deleteUser({ token: "nothing" }));
await step("delete and go to another site", first, (c) => c.deleteUser({ callbackURL: "https://evil.example" }));
await step("delete", first, (c) => c.deleteUser({ password: reset.newPassword }));
await step("deleted", first, (c) => c.getSession());
await step("sign in deleted", first, (c) => c.signIn.email({ email: moved.email, password: reset.newPassword }));
await step("delete just after signing up", second, (c) => c.deleteUser());

const [header, payload] = token.split(".").map((part, i) => i < 2 && JSON.parse(Buffer.from(part, "base64url")));
const lifetime = payload.exp - payload.iat;
console.log(JSON.stringify({ steps, header: { alg: header.alg, kid: typeof header.kid }, payload: kind(Object.fromEntries(Object.entries(payload).sort())), lifetime }));
process.exit();
