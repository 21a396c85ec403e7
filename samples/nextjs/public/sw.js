// The page starts offline: what it loads is kept, and used when there is no answer. Accounts and tasks never pass through here.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method === "GET" && origin === location.origin && !pathname.startsWith("/api/")) event.respondWith(load(request));
});

async function load(request) {
    const cache = await caches.open("page");
    try {
        const response = await fetch(request);
        if (response.ok) await cache.put(request, response.clone());

        return response;
    } catch (error) {
        const kept = await cache.match(request, { ignoreVary: true });
        if (!kept) throw error;

        return kept;
    }
}
