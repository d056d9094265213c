/** The workers of a page: labs that compute on the same kind of device share one, whichever module brought them. */
import type { ToClient } from './protocol.ts';

/** A worker that does not come up says nothing; after so many milliseconds the main thread takes over. */
const patience = 20_000;

interface Shared {
  readonly worker: Worker;
  /** Resolves once it serves. */
  readonly up: Promise<void>;
  /** Labs that use it, and what each wants to hear when it dies. */
  readonly users: Set<(why: string) => void>;
}

/** On `globalThis`, as two bundles of one version may lie on a page. A version's workers have an address of their own. */
const key = Symbol.for('chalkgrad.workers.1');

function pool(): Map<string, Shared> {
  const page = globalThis as unknown as Record<symbol, Map<string, Shared> | undefined>;
  page[key] ??= new Map();
  return page[key];
}

/** Resolves with the worker's first word. @throws Error where it cannot be loaded or does not answer */
export function comesUp(worker: Worker, died: (why: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail('the worker did not answer'), patience);
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(why));
      died(why);
    };
    worker.addEventListener('error', (event) => fail(event.message || 'the worker could not be loaded'), { once: true });
    worker.addEventListener('message', function first({ data }: MessageEvent<ToClient>) {
      if (data.type !== 'ready') return;
      clearTimeout(timer);
      worker.removeEventListener('message', first);
      resolve();
    });
  });
}

function join(name: string, make: () => Worker): Shared {
  const workers = pool();
  const known = workers.get(name);
  if (known) return known;
  const worker = make();
  const users = new Set<(why: string) => void>();
  const up = comesUp(worker, (why) => {
    workers.delete(name);
    worker.terminate();
    for (const tell of [...users]) tell(why);
  });
  up.catch(() => undefined);
  const fresh: Shared = { worker, up, users };
  workers.set(name, fresh);
  return fresh;
}

/**
 * A port to a lab in the page's worker of this name; the worker is made where there is none.
 * @param crashed called when the worker dies after the port was opened
 * @throws Error where the worker cannot be had, or the lab cannot be loaded there
 */
export async function openShared(
  name: string,
  make: () => Worker,
  lab: string,
  crashed: (why: string) => void,
): Promise<{ readonly port: MessagePort; close(): void }> {
  const shared = join(name, make);
  const { port1, port2 } = new MessageChannel();
  let ready = false;
  let fail: (why: string) => void = () => {};
  const leave = () => {
    shared.users.delete(died);
    port1.close();
    if (shared.users.size > 0) return;
    shared.worker.terminate();
    if (pool().get(name) === shared) pool().delete(name);
  };
  const died = (why: string) => {
    if (ready) crashed(why);
    else fail(why);
  };
  shared.users.add(died);
  try {
    await shared.up;
    await new Promise<void>((resolve, reject) => {
      fail = (why) => reject(new Error(why));
      port1.addEventListener('message', function first({ data }: MessageEvent<ToClient>) {
        if (data.type === 'unavailable') reject(new Error(data.error.message));
        if (data.type !== 'ready') return;
        port1.removeEventListener('message', first);
        resolve();
      });
      port1.start();
      shared.worker.postMessage({ type: 'open', lab }, [port2]);
    });
    ready = true;
  } catch (error) {
    leave();
    throw error;
  }
  const close = () => {
    port1.postMessage({ type: 'close' });
    leave();
  };
  return { port: port1, close };
}
