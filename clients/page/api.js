import { TaskSlicesError } from "../typescript/src/index.ts";

/** In milliseconds: a call that takes longer, with its token, has no answer. */
export const PATIENCE = 20_000;

/** Where the page is, under a proxy's path too: all addresses are relative to it. */
export const base = new URL(".", document.baseURI).href;

const wrongOrigin = "The server takes no sign-ins from this address. Open its own, or set "
  + `Accounts:Url to ${location.origin} on the server.`;
const wrongAnswer = `What answers at ${base} is not TaskSlices. If there is a proxy, it must pass all addresses under ${base} on.`;

/** Tells of "lost" (the detail says why) and "found". */
export const connection = new EventTarget();

/** The browser's fetch; it tells when the server has answered, and takes nobody else's answer for the server's. */
export async function reach(address, options) {
  // A deletion goes on when the page is left.
  const response = await fetch(address, { ...options, cache: "no-store", keepalive: options.method === "DELETE" }).catch(() => {
    throw unreachable();
  });
  const { status } = response;
  const isStream = /event-stream|ndjson/.test(response.headers.get("Content-Type"));
  const text = isStream ? "" : await response.text().catch(() => {
    throw unreachable();
  });
  // The server answers with JSON, events or lines. Anything else is a proxy's answer, or that of another program.
  const isOurs = isStream || isJson(text);
  if (status === 502 || status === 504 || (status === 503 && !isOurs))
    throw unreachable(`: the proxy in front of it answers with status ${status}`);

  connection.dispatchEvent(new Event("found"));
  if (!isOurs) throw new TaskSlicesError({ code: "NOT_TASKSLICES", status, message: wrongAnswer });

  return isStream ? response : new Response(text, response);
}

/**
 * Sends a request that needs no token.
 * @returns {Promise<{data: any, headers: Headers}>}
 */
export async function send(method, path, body) {
  try {
    const response = await reach(path, {
      method,
      signal: AbortSignal.timeout(PATIENCE),
      ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
    const data = await response.json();
    if (!response.ok) throw refusal(response, data ?? {});

    return { data, headers: response.headers };
  } catch (error) {
    throw tell(error);
  }
}

/** Tells that the server can’t be reached, if that is why something failed. */
export function tell(error) {
  if (error.isLost) connection.dispatchEvent(new CustomEvent("lost", { detail: error.message }));

  return error;
}

function isJson(text) {
  try {
    JSON.parse(text);

    return true;
  } catch {
    return false;
  }
}

const unreachable = (why = "") =>
  new TaskSlicesError({ code: "NETWORK_ERROR", status: 0, message: `The server can’t be reached${why}.` });

function refusal({ status }, { code, detail, message = detail ?? `The server answered with status ${status}.` }) {
  return new TaskSlicesError({ code, status, message: code === "INVALID_ORIGIN" ? wrongOrigin : message });
}
