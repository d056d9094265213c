/**
 * The site without a network. What a visitor has loaded is kept: scripts and pictures for good, since their names change with their content;
 * pages and data packs as they were last seen, and asked for anew whenever there is a network. The build makes `sw.js` of this file, at the root
 * of the site; nothing else of the site knows a cache.
 */

/** What the compiler's DOM library lacks: it knows windows only. */
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Scope {
  readonly clients: { claim(): Promise<void> };
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: ExtendableEvent & MessageEvent<ToWorker>) => void): void;
}

/** What a page says. `keep`: files that it had loaded or asked for before this worker could see it. `renew`: take over from the older version now. */
export type ToWorker = { readonly type: 'keep'; readonly addresses: readonly string[] } | { readonly type: 'renew' };

/** Put in by the build: a hash over all files of the site. By it the browser sees that the site was renewed. */
const VERSION = '__SITE_VERSION__';
const PREFIX = 'chalkgrad-';
/**
 * Named by content: what is there is right, whatever version of the site it came with. One cache for all versions: while a new worker waits, the
 * older one already keeps the new site's files, and pages of the older site stay open under the new one.
 */
const FIXED = `${PREFIX}files`;
/** Files in it, of some eight versions of the site if all of them changed each time; the oldest leave when there are more. */
const MOST_FILES = 2000;
/** Pages and data packs. */
const SEEN = `${PREFIX}seen`;

const scope = self as unknown as Scope;
const inSite = (address: string): boolean => address.startsWith(scope.registration.scope);
const isFixed = (address: string): boolean => new URL(address).pathname.includes('/assets/');
/** A page has one copy, whatever its query. */
const keyOf = (address: string): string => address.replace(/[?#].*$/, '');

/** Keeps a good answer. Where the disk is full, the page has it all the same. */
async function keep(cache: string, request: Request | string, response: Response): Promise<void> {
  if (!response.ok || response.type === 'opaque') return;
  const address = keyOf(typeof request === 'string' ? request : request.url);
  try {
    await (await caches.open(cache)).put(address, response);
  } catch (error) {
    console.info(`site ${VERSION}: not kept for use without a network: ${address}: ${error}`);
  }
}

async function fixed(request: Request): Promise<Response> {
  const known = await caches.match(keyOf(request.url));
  if (known) return known;
  const response = await fetch(request);
  void keep(FIXED, request, response.clone());
  return response;
}

async function newest(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    void keep(SEEN, request, response.clone());
    return response;
  } catch (error) {
    const cache = await caches.open(SEEN);
    const key = keyOf(request.url);
    const known = (await cache.match(key)) ?? (key.endsWith('/') ? await cache.match(`${key}index.html`) : undefined);
    if (known) return known;
    throw error;
  }
}

/** Files of a page that was there before this worker; the browser's own cache has most of them. */
async function keepAll(addresses: readonly string[]): Promise<void> {
  for (const address of addresses.filter(inSite)) {
    const cache = isFixed(address) ? FIXED : SEEN;
    if (await (await caches.open(cache)).match(keyOf(address))) continue;
    try {
      await keep(cache, address, await fetch(address));
    } catch {
      // The network has gone: the next visit keeps it.
    }
  }
  await prune(new Set(addresses.map(keyOf)));
}

/** Drops the oldest files where there are too many, but none of the page that is open. */
async function prune(open: ReadonlySet<string>): Promise<void> {
  const cache = await caches.open(FIXED);
  const oldest = (await cache.keys()).slice(0, -MOST_FILES);
  await Promise.all(oldest.filter(({ url }) => !open.has(url)).map((request) => cache.delete(request)));
}

async function tidy(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== FIXED && name !== SEEN);
  await Promise.all(old.map((name) => caches.delete(name)));
  await scope.clients.claim();
}

// A first version takes over at once; a later one waits until the reader reloads or has closed the site's pages.
scope.addEventListener('activate', (event) => event.waitUntil(tidy()));
scope.addEventListener('message', (event) => {
  if (event.data.type === 'renew') event.waitUntil(scope.skipWaiting());
  else event.waitUntil(keepAll(event.data.addresses));
});
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !inSite(request.url) || request.headers.has('range')) return;
  event.respondWith(isFixed(request.url) ? fixed(request) : newest(request));
});
