/** The service worker across deployments: one worker is renewed by the next, over the same caches. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformWithOxc } from 'vite';
import { beforeEach, expect, it } from 'vitest';
import { repositoryRoot } from '../../../apps/cli/root.ts';

const SITE = 'https://school.test/';
const file = join(repositoryRoot, 'apps/offline/service-worker.ts');
const source = (await transformWithOxc(readFileSync(file, 'utf8'), file)).code.replace('export {};', '');

/** Addresses, oldest first, by cache. */
let stored: Map<string, Map<string, Response>>;
/** What the network has; undefined: there is none. */
let network: ReadonlySet<string> | undefined;
let fetched: string[];

const addressOf = (request: string | Request) => (typeof request === 'string' ? request : request.url);
const cacheOf = (name: string) => {
  const entries = stored.get(name) ?? new Map<string, Response>();
  stored.set(name, entries);
  return {
    match: async (request: string) => entries.get(addressOf(request))?.clone(),
    put: async (request: string, response: Response) => void entries.set(addressOf(request), response),
    keys: async () => [...entries.keys()].map((url) => ({ url })),
    delete: async (request: Request) => entries.delete(request.url),
  };
};
const caches = {
  open: async (name: string) => cacheOf(name),
  keys: async () => [...stored.keys()],
  delete: async (name: string) => stored.delete(name),
  match: async (request: string) => {
    for (const entries of stored.values()) if (entries.has(request)) return entries.get(request)?.clone();
    return undefined;
  },
};
const load = async (request: string | Request): Promise<Response> => {
  const address = addressOf(request);
  fetched.push(address);
  if (!network) throw new TypeError('Failed to fetch');
  return new Response(address, { status: network.has(address) ? 200 : 404 });
};

/** A worker as the build makes it of this version of the site. */
function worker(version: string) {
  const listeners = new Map<string, (event: object) => void>();
  const self = {
    clients: { claim: async () => {} },
    registration: { scope: SITE },
    skipWaiting: async () => {},
    addEventListener: (type: string, listener: (event: object) => void) => listeners.set(type, listener),
  };
  new Function('self', 'caches', 'fetch', source.replaceAll('__SITE_VERSION__', version))(self, caches, load);
  const tell = async (type: string, event: object = {}) => {
    let done: Promise<unknown> = Promise.resolve();
    listeners.get(type)?.({ ...event, waitUntil: (work: Promise<unknown>) => (done = work) });
    await done;
  };
  return {
    activate: () => tell('activate'),
    keep: (...paths: string[]) => tell('message', { data: { type: 'keep', addresses: paths.map((path) => SITE + path) } }),
    async get(path: string): Promise<number> {
      let answer: Promise<Response> | undefined;
      const respondWith = (response: Promise<Response>) => (answer = response);
      listeners.get('fetch')?.({ request: new Request(SITE + path), respondWith });
      const { status } = (await answer) as Response;
      // What it keeps, it keeps beside the answer.
      await new Promise((resolve) => setTimeout(resolve));
      return status;
    },
  };
}
const site = (...paths: string[]) => new Set(paths.map((path) => SITE + path));

beforeEach(() => {
  stored = new Map();
  network = undefined;
  fetched = [];
});

it('opens without a network what was visited while the new version waited, without loading anything twice', async () => {
  network = site('labs/', 'assets/lab-1.js', 'data/pack.bin');
  const first = worker('one');
  await first.activate();
  await first.get('data/pack.bin');
  // Deployed anew; the first worker still serves the pages.
  network = site('labs/', 'assets/lab-2.js', 'assets/lazy-2.js', 'data/pack.bin');
  await first.get('labs/');
  await first.get('assets/lab-2.js');
  await first.keep('labs/', 'assets/lab-2.js', 'assets/lazy-2.js', 'data/pack.bin');
  // The tab is closed, and the lab opened at home: the second worker takes over.
  network = undefined;
  const second = worker('two');
  await second.activate();
  for (const path of ['labs/', 'assets/lab-2.js', 'assets/lazy-2.js', 'data/pack.bin']) expect(await second.get(path)).toBe(200);
  fetched = [];
  await second.keep('labs/', 'assets/lab-2.js', 'data/pack.bin');
  expect(fetched).toEqual([]);
});

it('gives a page of the older version its scripts, when the new one has taken over', async () => {
  network = site('assets/lab-1.js', 'assets/lazy-1.js');
  const first = worker('one');
  await first.keep('assets/lab-1.js', 'assets/lazy-1.js');
  network = site('assets/lab-2.js');
  const second = worker('two');
  await second.activate();
  expect(await second.get('assets/lazy-1.js')).toBe(200);
});

it('drops the oldest files beyond two thousand, but none of the page that is open', async () => {
  const paths = Array.from({ length: 2003 }, (_, i) => `assets/${i}.js`);
  network = site(...paths);
  const one = worker('one');
  await one.keep(...paths.slice(0, 2000));
  await one.keep('assets/1.js', ...paths.slice(2000));
  const left = [...(stored.get('chalkgrad-files')?.keys() ?? [])];
  expect(left.length).toBe(2001);
  expect(left.slice(0, 2)).toEqual([`${SITE}assets/1.js`, `${SITE}assets/3.js`]);
});
