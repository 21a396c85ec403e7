import { createTaskSlices } from "../typescript/src/index.ts";
import { base, PATIENCE, reach, send, tell } from "./api.js";

/** Tells of "ended": the cookie no longer gives a token for this user. */
export const session = new EventTarget();

export let user = null;

// Keeps the token in memory only: a script of somebody else's can't find it in storage, and closing the tab forgets it.
const client = createTaskSlices({ baseUrl: base, fetch: reach, getToken, retries: 0, timeout: PATIENCE });
/** The token that came with the session. */
let first = null;

/** Who is signed in by the cookie, or null. */
export async function restore() {
  const { data, headers } = await send("GET", "api/auth/get-session");
  enter(data);
  first = headers.get("set-auth-jwt");

  return user;
}

/** Goes on as the user who was here last; the first answer of the server tells whether that is still so. */
export const resume = (last) => (user = last);

export const signUp = async (credentials) => enter((await send("POST", "api/auth/sign-up/email", credentials)).data);

export const signIn = async (credentials) => enter((await send("POST", "api/auth/sign-in/email", credentials)).data);

export async function signOut() {
  await send("POST", "api/auth/sign-out", {});
  enter(null);
}

/** Changes what is known of the user. */
export const know = (values) => Object.assign(user, values);

/** Calls what only the cookie opens. Somebody else may have signed in meanwhile, in another tab. */
export async function callAccount(method, path, body) {
  const caller = user;
  const { data: current } = await send("GET", "api/auth/get-session");
  if (current?.user.id !== caller.id) throw end(new Error("Your session has ended."), caller);

  return (await send(method, `api/auth/${path}`, body)).data;
}

export async function erase(password) {
  await call((api, options) => api.eraseUser(password, options));
  enter(null);
}

/**
 * Calls the API for a user; a token that is no longer valid is renewed by the cookie, and the request repeated.
 * @param work called with the client and the options of a call
 * @param owner the id of whose tasks they are; 403 if somebody else has signed in, in another tab
 * @param isQuiet whether the end of the session is left for the next call to tell: nobody waits for this one
 */
export async function call(work, { owner = user.id, isQuiet } = {}) {
  const caller = isQuiet ? null : user;
  try {
    return await work(client, { userId: owner });
  } catch (thrown) {
    const error = thrown.code === "TOKEN_UNAVAILABLE" ? thrown.cause : thrown;

    throw tell(error.status === 401 || error.status === 403 ? end(error, caller) : error);
  }
}

async function getToken() {
  const token = first;
  first = null;

  return token ?? (await send("GET", "api/auth/token")).data.token;
}

function end(error, caller) {
  if (user && user === caller) {
    enter(null);
    session.dispatchEvent(new Event("ended"));
  }

  return error;
}

/** @param answer with a user, or null */
function enter(answer) {
  client.forgetToken();
  first = null;

  return (user = answer?.user ?? null);
}
