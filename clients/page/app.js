import * as account from "./account.js";
import { base, connection, send } from "./api.js";
import * as drafts from "./drafts.js";
import * as kept from "./kept.js";
import * as keys from "./keys.js";
import * as list from "./list.js";
import * as live from "./live.js";
import { announce, hide, notify, showOutage } from "./notice.js";
import * as outbox from "./outbox.js";
import { restore, resume, session, signOut, user } from "./session.js";
import * as you from "./you.js";

const RETRY = 3_000;
const FRESH = 30_000;
const $ = (selector) => document.querySelector(selector);
const views = ["loading", "account", "tasks", "you", "elsewhere", "failure"];
let loadedAt = 0;
/** How far the list is scrolled, behind the account. */
let listTop = 0;
let retry = null;
/** Why the server can’t be reached, or "". */
let outage = "";

account.setUp(open);
keys.listen();
you.setUp({
  renamed: () => ($("#name").textContent = nameOf(user)),
  erased: ({ id }) => {
    account.forget();
    end(id, "Your account is erased, with all that was in it.");
  },
});
$("#again").addEventListener("click", start);
$("#retry").addEventListener("click", reconnect);
$("#sign-out").addEventListener("click", leave);
addEventListener("hashchange", () => user && showPlace());
addEventListener("online", reconnect);
document.addEventListener("visibilitychange", () => user && !document.hidden && performance.now() - loadedAt > FRESH && load(list.refresh));
session.addEventListener("ended", () => ask("Your session has ended. Sign in again; what you typed is kept."));
connection.addEventListener("lost", ({ detail }) => {
  outage = detail;
  tellOutage();
  retry ??= setTimeout(reconnect, RETRY);
});
connection.addEventListener("found", () => {
  clearTimeout(retry);
  retry = null;
  outage = "";
  showOutage("");
});
outbox.news.addEventListener("changed", tellOutage);

start();

// Trusted Types (CSP) allow no other script.
const scripts = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: () => "worker.js" });
navigator.serviceWorker?.register(scripts?.createScriptURL("") ?? "worker.js").catch(() => {});

async function start() {
  show("loading");
  try {
    if (await restore()) return await open(user, false);

    kept.drop();
    await account.check();
    ask();
  } catch (error) {
    const last = error.isLost && (await kept.find());
    if (error.code === "NOT_FOUND") explain();
    else if (last) await open(resume(last.user), false, last.tasks);
    else fail(error);
  }
}

/** @param last the tasks as they were last seen, if the server can’t be reached */
async function open(who, focus = true, last = null) {
  $("#name").textContent = nameOf(who);
  hide();
  showPlace(focus);
  await load(() => list.open(last), last !== null);
}

const nameOf = ({ name, email }) => name || email;

/** The tasks, or the account behind #you. */
function showPlace(focus = true) {
  const [wasYou, isYou] = [!$("#you").hidden, location.hash === "#you"];
  if (isYou && !wasYou) listTop = scrollY;
  show(isYou ? "you" : "tasks");
  if (isYou) you.open();
  else you.close();
  if (!focus) return;

  if (isYou) $("#you-heading").focus();
  else if (wasYou) {
    $("#who a").focus();
    scrollTo(0, listTop);
  } else $("#title").focus();
}

async function load(what, isQuiet = false) {
  try {
    await what();
    loadedAt = performance.now();
  } catch (error) {
    if (user && !isQuiet) notify(`The tasks could not be loaded. ${error.message}`, "Try again", () => load(what));
  }
}

async function reconnect() {
  const wasLost = outage !== "";
  clearTimeout(retry);
  retry = null;
  try {
    await send("GET", "health/live");
  } catch {
    return;
  }

  if (!$("#failure").hidden) return start();
  if (!wasLost || !user) return;
  announce("The server is back.");
  hide();
  await outbox.settled();
  await load(list.refresh);
}

function tellOutage() {
  // Without a first answer there is nothing yet to go on with.
  if (outage && $("#loading").hidden && $("#failure").hidden) showOutage(outage, outbox.count());
}

async function leave() {
  await outbox.settled();
  const isWaiting = outbox.all().length > 0;
  if ((isWaiting || drafts.any()) && $("#sign-out").dataset.sure === undefined) {
    $("#sign-out").dataset.sure = "";
    $("#sign-out").textContent = "Sign out anyway";

    return notify(
      isWaiting
        ? "There are changes that are not sent. Signing out removes them."
        : "There is text that is not saved. Signing out removes it.",
    );
  }

  try {
    const { id } = user;
    // The server ends the stream with the session.
    live.stop();
    await signOut();
    end(id, "You are signed out.");
  } catch (error) {
    await load(list.refresh);
    notify(`You are still signed in. ${error.message}`);
  }
}

/** Removes what this browser has of a user. */
function end(id, reason) {
  outbox.all().forEach(outbox.forget);
  drafts.dropAll(id);
  ask(reason);
}

function ask(reason) {
  list.clear();
  kept.drop();
  you.close();
  if (location.hash === "#you") history.replaceState(null, "", base);
  hide();
  announce("");
  $("#name").textContent = "";
  show("account");
  account.ask(reason);
  account.check().catch(() => {});
}

function explain() {
  kept.drop();
  $("#example").textContent = [
    `const { token } = await (await fetch("/api/auth/token")).json();`,
    ``,
    `await fetch(\`${base}api/\${user.id}/tasks\`, {`,
    `  headers: { Authorization: \`Bearer \${token}\` },`,
    `});`,
  ].join("\n");
  show("elsewhere");
}

function fail(error) {
  show("failure");
  $("#failure-reason").textContent = error.message + (error.isLost ? " The page tries again every few seconds." : "");
}

function show(view) {
  for (const id of views) $(`#${id}`).hidden = id !== view;
  $("#who").hidden = !["tasks", "you"].includes(view);
  $("#sign-out").textContent = "Sign out";
  delete $("#sign-out").dataset.sure;
}
