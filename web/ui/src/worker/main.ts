// The worker of the invigilator's page: brings the page back without network. It keeps the page and the files of one
// build, the same for everybody; no answer of the hub, no name, nothing of a room ever passes into its cache.

/** Put in by the build: every file of the page, dialogs and languages included, and a hash over their names. */
declare const FILES: readonly string[];
declare const BUILD: string;
declare const self: ServiceWorkerGlobalScope;
export {};

const PREFIX = "vigie-";
const CACHE = PREFIX + BUILD;
/** The page is the same whatever the room; no session has this number. */
const PAGE = "/invigilate/0";
/** A network that has not answered by then is taken for none: the page then looks for the hub by itself. */
const PATIENCE_MS = 3_000;

/** Keeps one build, whole or not at all. */
async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  const page = await fetch(PAGE, { cache: "no-store" });
  const text = await page.clone().text();
  // While hubs are being upgraded one may serve this worker and another the page before it.
  if (!page.ok || !text.includes(FILES[0] ?? "")) throw new Error("the page is of another build");
  await cache.addAll(FILES);
  await cache.put(PAGE, page);
}

async function dropOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
}

function kept(request: RequestInfo): Promise<Response | undefined> {
  return caches.match(request, { cacheName: CACHE, ignoreVary: true });
}

/** The network first: a new version is there at once. Without it, or when the hub is down, what was kept. */
async function page(request: Request): Promise<Response> {
  const network = fetch(request);
  const late = new Promise<null>((done) => setTimeout(() => done(null), PATIENCE_MS));
  const answer = await Promise.race([network.catch(() => null), late]);
  if (answer !== null && answer.status < 500) return answer;
  return (await kept(PAGE)) ?? network;
}

/** A name that carries the hash of the content never changes its content. */
async function file(request: Request): Promise<Response> {
  return (await kept(request)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(dropOthers()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (address.pathname.startsWith("/static/")) event.respondWith(file(request));
});
