import { fail } from "./editor.js";
import { label } from "./fields.js";
import { announce, notify } from "./notice.js";
import { call, callAccount, erase, know, user } from "./session.js";

/** In milliseconds: what an export may take, and how long its file is held for the browser to save. */
const LONGEST = 600_000;
const $ = (selector) => document.querySelector(selector);
const BROWSERS = { Edg: "Edge", OPR: "Opera", Firefox: "Firefox", FxiOS: "Firefox", Chrome: "Chrome", CriOS: "Chrome", Safari: "Safari" };
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "CrOS", "Mac OS", "Linux"];
let events;

/** @param heard called with the user: `renamed`, `erased` */
export const setUp = (heard) => (events = heard);

/** Shows the account of whoever is signed in. */
export function open() {
  $("#parts").replaceChildren($("#you-parts").content.cloneNode(true));
  const [profile, password, sessions, data, erasure] = $("#parts").children;
  [profile.elements.name.value, profile.elements.email.value] = [user.name, user.email];
  onSubmit(profile, rename);
  onSubmit(password, changePassword);
  onSubmit(sessions, endOthers);
  onSubmit(data, download);
  onSubmit(erasure, eraseAll);
  listSessions();
}

export const close = () => $("#parts").replaceChildren();

function onSubmit(form, act) {
  const button = form.lastElementChild;
  button.before(Object.assign(document.createElement("p"), { className: "error", role: "alert", hidden: true }));
  label(form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    fail(form);
    try {
      await act(form.elements);
    } catch ({ message }) {
      fail(form, message);
    } finally {
      button.disabled = false;
    }
  });
}

async function rename({ name, email }) {
  const [newName, newEmail] = [name.value.trim(), email.value.trim()];
  if (newName !== user.name) {
    await callAccount("POST", "update-user", { name: newName });
    know({ name: newName });
  }
  if (newEmail.toLowerCase() !== user.email) {
    await callAccount("POST", "change-email", { newEmail });
    // An address that somebody else has gets the same answer, and is not taken.
    know({ email: (await callAccount("GET", "get-session")).user.email });
    email.value = user.email;
    if (newEmail.toLowerCase() !== user.email) throw new Error("This address can’t be used.");
  }
  events.renamed(user);
  tell("Your name and email are saved.");
}

async function changePassword({ current, wanted, others }) {
  const body = { currentPassword: current.value, newPassword: wanted.value, revokeOtherSessions: others.checked };
  await callAccount("POST", "change-password", body);
  current.value = wanted.value = "";
  tell("Your password is changed.");
  await listSessions();
}

async function endOthers() {
  await callAccount("POST", "revoke-other-sessions", {});
  tell("You are signed out everywhere else.");
  await listSessions();
}

async function download() {
  const lines = [];
  await call(async (api, options) => {
    const limits = { timeout: LONGEST, signal: AbortSignal.timeout(LONGEST) };
    for await (const row of api.exportUser({ ...options, ...limits })) lines.push(`${JSON.stringify(row)}\n`);
  });
  const link = document.createElement("a");
  [link.href, link.download] = [URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" })), `taskslices-${new Date().toLocaleDateString("sv")}.ndjson`];
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), LONGEST);
}

async function eraseAll({ password }) {
  const erased = user;
  await erase(password.value);
  events.erased(erased);
}

async function listSessions() {
  const list = $("#sessions");
  try {
    const sessions = await callAccount("GET", "list-sessions");
    list.replaceChildren(...sessions.reverse().map(show));
    list.parentElement.lastElementChild.hidden = sessions.length < 2;
  } catch ({ message }) {
    list.replaceChildren(Object.assign(document.createElement("li"), { className: "error", textContent: message }));
  }
}

/** Only this session shows its token; the others have their id in its place. */
function show({ id, token, userAgent, ipAddress, createdAt }) {
  const [item, text, title, facts] = ["li", "div", "p", "p"].map((name) => document.createElement(name));
  const isThis = token !== id;
  title.textContent = nameOf(userAgent);
  facts.className = "muted";
  const since = new Date(createdAt).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  facts.textContent = [isThis && "This browser", `since ${since}`, ipAddress && `from ${ipAddress}`].filter(Boolean).join(", ");
  text.append(title, facts);
  item.append(text);
  if (!isThis) item.append(button(`Sign out: ${title.textContent}, ${facts.textContent}`, token));

  return item;
}

function button(label, token) {
  const end = document.createElement("button");
  [end.type, end.textContent, end.ariaLabel] = ["button", "Sign out", label];
  end.addEventListener("click", async () => {
    end.disabled = true;
    try {
      await callAccount("POST", "revoke-session", { token });
      announce("That session is signed out.");
      await listSessions();
      $("#you-heading").focus();
    } catch ({ message }) {
      end.disabled = false;
      notify(`It is still signed in. ${message}`);
    }
  });

  return end;
}

function nameOf(agent) {
  const find = (words) => words.find((word) => agent.includes(word));

  return [BROWSERS[find(Object.keys(BROWSERS))], find(SYSTEMS)].filter(Boolean).join(" on ") || agent.slice(0, 60) || "An unknown program";
}

function tell(text) {
  announce(text);
  notify(text);
}
