// Starts the page without the server. It answers for the files of the page and never for the API, and asks the server first, so a new
// version is there at the next load. It keeps the files of one version, all or none: that of the page's entity tag.
const { scope } = registration;
const PREFIX = `page ${scope} `;
const FILE = /^(index\.html|[a-z]+\.(js|css|svg|png|webmanifest))?$/;
/** In milliseconds: what takes longer counts as no answer. */
const PATIENCE = 5_000;

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(fetch(scope).then(keep));
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const [address] = event.request.url.split(/[?#]/);
  const isFile = address.startsWith(scope) && FILE.test(address.slice(scope.length));
  if (isFile && event.request.method === "GET") event.respondWith(answer(event, address));
});

async function answer(event, address) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE));
  const response = await Promise.race([fetch(event.request), late]).catch(() => Response.error());
  if (response.type === "error" || response.status >= 500) return (await find(address)) ?? response;

  if (response.ok && event.request.mode === "navigate") event.waitUntil(keep(response.clone()));

  return response;
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
    const page = cache && (await cache.match(scope));
    if (page) return FILE.exec(address.slice(scope.length))[2] ? cache.match(address, { ignoreVary: true }) : page;
  }
}
