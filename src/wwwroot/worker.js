// Starts the page without the server. It asks the server first, so a new version is there at the next load, and never answers for the API.
// It keeps the files of one version, all or none: that of the page's entity tag.
const { scope } = registration;
const PREFIX = `page ${scope} `;
const FILE = /^[a-z]+\.(js|css|svg|png|webmanifest)$/;
/** In milliseconds: what takes longer is no answer. */
const PATIENCE = 5_000;
/** The pages that were started without the server: their files must be of the same version. */
const started = new Set();

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(fetch(scope).then(keep));
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request, clientId } = event;
  const [address] = request.url.split(/[?#]/);
  const isPage = request.mode === "navigate" && [scope, `${scope}index.html`].includes(address);
  if (request.method !== "GET") return;

  if (isPage) event.respondWith(open(event));
  else if (started.has(clientId) && FILE.test(address.replace(scope, "")))
    event.respondWith(find(address).then((file) => file ?? fetch(request)));
});

async function open(event) {
  const kept = await find(scope);
  const late = new AbortController();
  const timer = setTimeout(() => kept && late.abort(), PATIENCE);
  const response = await fetch(event.request, { signal: late.signal }).catch(() => Response.error());
  clearTimeout(timer);
  if (response.ok) event.waitUntil(keep(response.clone()));
  if (!kept || (response.type !== "error" && response.status < 500)) return response;

  started.add(event.resultingClientId);

  return kept;
}

/** Keeps the version to which a page belongs, in place of others. */
async function keep(page) {
  const name = PREFIX + (page.headers.get("ETag") ?? Date.now());
  const cache = await caches.open(name);
  if (!page.ok || (await cache.match(scope))) return;

  const files = (await page.clone().text()).matchAll(/(?:href|src)="([a-z]+\.[a-z]+)"/g);
  await cache.addAll(new Set(Array.from(files, ([, file]) => file)));
  // Comes last: a version without it is not whole.
  await cache.put(scope, page);
  for (const other of await caches.keys()) if (other.startsWith(PREFIX) && other !== name) await caches.delete(other);
}

async function find(address) {
  for (const name of await caches.keys()) {
    const cache = name.startsWith(PREFIX) && (await caches.open(name));
    if (cache && (await cache.match(scope))) return cache.match(address, { ignoreVary: true });
  }
}
