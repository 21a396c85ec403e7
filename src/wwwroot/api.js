const PATIENCE = 20_000;

/** Where the page is, under a proxy's path too: all addresses are relative to it. */
export const base = new URL(".", document.baseURI).href;

const wrongOrigin = "The server takes no sign-ins from this address. Open its own, or set "
  + `Accounts:Url to ${location.origin} on the server.`;
const wrongAnswer = `What answers at ${base} is not TaskSlices. If there is a proxy, it must pass all addresses under ${base} on.`;

/** The server said no; the message is in its own words. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body?.code === "INVALID_ORIGIN" ? wrongOrigin : (body?.detail ?? body?.message ?? `The server answered with status ${status}.`));
    this.status = status;
    this.code = body?.code;
    this.current = body?.current;
  }
}

/** Nobody answered: what was sent may have arrived or not. */
export class Unreachable extends Error {}

/** Tells of "lost" (the detail says why) and "found". */
export const connection = new EventTarget();

/**
 * @param patience in milliseconds
 * @returns {Promise<{data: any, headers: Headers}>} data: JSON, or a Blob if the answer is a file
 */
export async function send(method, path, { body, token, headers: others, patience = PATIENCE } = {}) {
  const headers = { ...others };
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;

  let response, data;
  try {
    // A deletion goes on when the page is left.
    const options = { cache: "no-store", signal: AbortSignal.timeout(patience), keepalive: method === "DELETE" };
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body), ...options });
    const isFile = response.headers.get("Content-Type")?.startsWith("application/x-ndjson");
    data = isFile ? await response.blob() : parse(await response.text());
  } catch {
    throw lose("The server can’t be reached.");
  }

  // Every answer of the server is JSON. Another one is a proxy's, or that of another program.
  if (data === undefined && [502, 503, 504].includes(response.status))
    throw lose(`The server can’t be reached: the proxy in front of it answers with status ${response.status}.`);

  connection.dispatchEvent(new Event("found"));
  if (data === undefined) throw new Refusal(response.status, { code: "NOT_TASKSLICES", detail: wrongAnswer });
  if (!response.ok) throw new Refusal(response.status, data);

  return { data, headers: response.headers };
}

function lose(reason) {
  connection.dispatchEvent(new CustomEvent("lost", { detail: reason }));

  return new Unreachable(reason);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
