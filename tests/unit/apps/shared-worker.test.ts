/** One worker for the labs of a page: who shares it, when it ends, and what happens when it dies or does not know a lab. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPort } from '../../../apps/runtime/open-port.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { serveLabs } from '../../../apps/runtime/serve-labs.ts';
import { Session } from '../../../apps/runtime/session.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { environment, experiment } from './demo-experiment.ts';

/** A worker that lives in this thread. */
class FakeWorker extends EventTarget {
  ended = false;
  readonly #scope = Object.assign(new EventTarget(), {
    postMessage: (data: unknown) => setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data }))),
  });
  constructor() {
    super();
    setTimeout(() => serveLabs({ demo: async () => ({ experiment }) }, () => environment, this.#scope as never));
  }
  postMessage(data: unknown, transfer: Transferable[]): void {
    const event = Object.assign(new Event('message'), { data, ports: transfer });
    setTimeout(() => this.#scope.dispatchEvent(event));
  }
  terminate(): void {
    this.ended = true;
  }
  crash(): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  }
}

let workers: FakeWorker[];
let crashes: string[];
beforeEach(() => {
  workers = [];
  crashes = [];
});
const open = (device = 'auto', id = 'demo') =>
  openPort(
    {
      worker: () => {
        const worker = new FakeWorker();
        workers.push(worker);
        return worker as unknown as Worker;
      },
      lab: { id, address: 'https://host/assets/worker.js' },
      local: async () => ({ experiment, environment: () => environment }),
    },
    device,
    (why) => crashes.push(why),
  );

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const port of opened.splice(0)) port.close();
});

it('is shared by labs on the same device, and ends with the last of them', async () => {
  const [a, b, other] = await Promise.all([open(), open(), open('cpu')]);
  expect([workers.length, a.where, b.where, other.where]).toEqual([2, 'worker', 'worker', 'worker']);
  a.close();
  expect(workers.map(({ ended }) => ended)).toEqual([false, false]);
  // The other goes on.
  const store = new RunStore();
  const session = new Session(b.port, { events: (events) => store.apply(events), state: () => {} });
  session.start({ config: defaults(experiment.schema), wanted: Number.POSITIVE_INFINITY });
  while (session.state !== 'finished') await new Promise((resolve) => setTimeout(resolve, 2));
  expect(store.step?.step).toBe(20);
  b.close();
  other.close();
  expect(workers.map(({ ended }) => ended)).toEqual([true, true]);
  // The next makes a new one.
  opened.push(await open());
  expect(workers).toHaveLength(3);
});

it('tells each lab when it dies, and the next start makes another', async () => {
  opened.push(await open(), await open());
  workers[0]?.crash();
  expect(crashes).toEqual(['out of memory', 'out of memory']);
  expect(workers[0]?.ended).toBe(true);
  opened.push(await open());
  expect(workers).toHaveLength(2);
});

it('that does not know a lab leaves it to the main thread', async () => {
  const port = await open('auto', 'unknown');
  expect(port.where).toBe('main thread');
  expect(workers[0]?.ended).toBe(true);
  port.close();
});
