/** Keeps the page and what it has loaded for a start without a network; public/sw.js gives it back. */
export function keepPage(): void {
    if (!("serviceWorker" in navigator)) return;

    const own = performance
        .getEntriesByType("resource")
        .map(({ name }) => new URL(name))
        .filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/_next/static/"));
    navigator.serviceWorker
        .register("/sw.js")
        .then(() => caches.open("page"))
        .then((cache) => cache.addAll(["/", ...own.map(({ href }) => href)]))
        .catch(() => {}); // without it, the page is there online
}
