import { send } from "./api.js";
import { store } from "./drafts.js";
import { signIn, signUp } from "./session.js";

const $ = (selector) => document.querySelector(selector);
const [form, error, enter, reveal] = [$("#credentials"), $("#account-error"), $("#enter"), $("#reveal")];
const { mode, name, email, password } = form.elements;

// Behind the #, where no log of a server has it.
const invitation = new URLSearchParams(location.hash.slice(1)).get("invitation") ?? undefined;
let isOpen = null;

/** @param opened called with the user */
export function setUp(opened) {
  form.addEventListener("change", (event) => event.target.name === "mode" && choose(mode.value));
  reveal.addEventListener("click", () => showPassword(password.type === "password"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    enter.disabled = true;
    error.hidden = true;
    try {
      const credentials = { email: email.value.trim(), password: password.value };
      const user = mode.value === "new" ? await signUp({ ...credentials, name: name.value, invitation }) : await signIn(credentials);
      form.reset();
      showPassword(false);
      known("1");
      opened(user);
    } catch (refusal) {
      error.textContent = refusal.message;
      error.hidden = false;
      password.focus();
    } finally {
      enter.disabled = false;
    }
  });
}

/** Asks the server, once, whether it lets people sign up. */
export async function check() {
  isOpen ??= (await send("GET", "api/auth/ok")).data.signUp !== false || invitation !== undefined;
  $("#credentials .choice").hidden = !isOpen;
  if (!isOpen) choose("known");
}

/** @param reason why one has to sign in now */
export function ask(reason) {
  choose(known() || isOpen === false ? "known" : "new");
  if (!reason) return;

  $("#account-reason").textContent = reason;
  (mode.value === "new" ? name : email).focus();
}

/** Whether somebody has signed in here before: only a hint. */
const known = (value) => store((s) => (value ? s.setItem("known", value) : s.getItem("known")), "localStorage");

export const forget = () => store((s) => s.removeItem("known"), "localStorage");

function choose(value) {
  const isNew = value === "new";
  mode.value = value;
  $("#name-field").hidden = !isNew;
  name.required = isNew;
  $("#password-hint").hidden = !isNew;
  password.autocomplete = isNew ? "new-password" : "current-password";
  enter.textContent = isNew ? "Create account" : "Sign in";
  error.hidden = true;
}

function showPassword(shown) {
  password.type = shown ? "text" : "password";
  reveal.textContent = shown ? "Hide" : "Show";
  reveal.setAttribute("aria-pressed", shown);
}
