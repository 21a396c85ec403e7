import { send } from "./api.js";

/** Tells of "ended": the cookie no longer gives a token for this user. */
export const session = new EventTarget();

export let user = null;

// In memory only: a script of somebody else's can't find it in storage, and closing the tab forgets it.
let token = null;
let renewal = null;

/** Who is signed in by the cookie, or null. */
export async function restore() {
  const { data, headers } = await send("GET", "api/auth/get-session");
  token = headers.get("set-auth-jwt");

  return (user = data?.user ?? null);
}

/** Goes on as the user who was here last; the first answer of the server tells whether that is still so. */
export const resume = (last) => (user = last);

export const signUp = (credentials) => enter("api/auth/sign-up/email", credentials);

export const signIn = (credentials) => enter("api/auth/sign-in/email", credentials);

export async function signOut() {
  await send("POST", "api/auth/sign-out", { body: {} });
  forget();
}

/** Changes what is known of the user. */
export const know = (values) => Object.assign(user, values);

/** Calls what only the cookie opens. Somebody else may have signed in meanwhile, in another tab. */
export async function callAccount(method, path, body) {
  const caller = user;
  const { data: current } = await send("GET", "api/auth/get-session");
  if (current?.user.id !== caller.id) throw end(new Error("Your session has ended."), caller);

  return (await send(method, `api/auth/${path}`, { body })).data;
}

export async function erase(password) {
  await call("DELETE", `api/${encodeURIComponent(user.id)}`, { body: { password } });
  forget();
}

/**
 * Sends a request with this user's token; one that is no longer valid is renewed by the cookie, and the request repeated.
 * @param isQuiet whether the end of the session is left for the next request to tell: nobody waits for this one
 */
export async function call(method, path, { isQuiet, ...options } = {}) {
  const [caller, used] = [isQuiet ? null : user, token];
  try {
    if (used) return await send(method, path, { ...options, token });
  } catch (error) {
    if (error.status === 403) throw end(error, caller);
    if (error.status !== 401) throw error;
  }

  // Another request may have renewed it meanwhile.
  if (used === token) token = null;
  try {
    token ??= await renew();

    return await send(method, path, { ...options, token });
  } catch (error) {
    // 403: somebody else has signed in, in another tab.
    throw error.status === 401 || error.status === 403 ? end(error, caller) : error;
  }
}

async function enter(path, credentials) {
  const { data } = await send("POST", path, { body: credentials });
  token = null;

  return (user = data.user);
}

function renew() {
  renewal ??= send("GET", "api/auth/token").then(({ data }) => data.token).finally(() => (renewal = null));

  return renewal;
}

function end(error, caller) {
  if (user && user === caller) {
    forget();
    session.dispatchEvent(new Event("ended"));
  }

  return error;
}

function forget() {
  user = token = null;
}
