const PATIENCE = 20_000;

/** The server said no; the message is in its own words. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body?.detail ?? body?.message ?? `The server answered with status ${status}.`);
    this.status = status;
  }
}

/** Nobody answered: what was sent may have arrived or not. */
export class Unreachable extends Error {}

/** Tells of "lost" and "found". */
export const connection = new EventTarget();

/** @returns {Promise<{data: any, headers: Headers}>} */
export async function send(method, path, { body, token } = {}) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;

  let response, text;
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    text = await response.text();
  } catch {
    connection.dispatchEvent(new Event("lost"));
    throw new Unreachable("The server can’t be reached.");
  }

  connection.dispatchEvent(new Event("found"));
  const data = parse(text);
  if (!response.ok) throw new Refusal(response.status, data);

  return { data, headers: response.headers };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
