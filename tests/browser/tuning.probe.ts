/** What tuning.test.ts runs in the page: the store in the browser's database, in a window and in a worker. */
import { indexedDbStore } from '../../engine/device/tuning/indexeddb-store.ts';
import { makeRecord, readRecord } from '../../engine/device/tuning/record.ts';
import { openDevice, tuneDevice } from '../../engine/index.ts';
import type { AnyKernel } from '../../engine/kernels/kernel.ts';
import { reductionKernels, reductionSteps } from '../../engine/kernels/reduction.ts';

const ADAPTER = 'acme | one';
const ENTRIES = new Map([['matmul@1|a,b|N=2^6/4', { variant: 'a', microseconds: 12.5 }]]);

/** Saves a record, reads it back here and through a worker, and looks for one that was never saved. */
export async function storeAndLoad() {
  const store = indexedDbStore('tuning-test');
  const before = await store.load(ADAPTER);
  await store.save(ADAPTER, makeRecord(ADAPTER, ENTRIES));
  const here = readRecord(await store.load(ADAPTER), ADAPTER);
  const worker = new Worker(new URL('./tuning.worker.ts', import.meta.url), { type: 'module' });
  const there = await new Promise((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.terminate();
  return { before: before ?? null, here: [...(here ?? [])], there, other: (await store.load('other')) ?? null };
}

/** A second page of the same origin: what is left of the first, and of a database with other content. */
export async function laterPage() {
  const store = indexedDbStore('tuning-test');
  const entries = [...(readRecord(await store.load(ADAPTER), ADAPTER) ?? [])];
  // A foreign database of that name, with another layout.
  const request = indexedDB.open('foreign', 1);
  await new Promise((resolve) => {
    request.onsuccess = resolve;
  });
  request.result.close();
  const foreign = await indexedDbStore('foreign')
    .load(ADAPTER)
    .then(
      () => 'loaded',
      (error: Error) => error.name,
    );
  return { entries, foreign };
}

/** On the page's own adapter: nothing without being asked, a choice where it is forced, nothing in a hidden page. */
export async function tuneInPage() {
  // Of its rungs several suit a software adapter too.
  const kernel = reductionKernels.sum as unknown as AnyKernel;
  const [params] = reductionSteps([64, 256], [1]);
  const work = [{ kernel, params }];
  const device = await openDevice('webgpu');
  const unasked = device.choices?.table === undefined && device.tuning === undefined;
  const visibility = Object.getOwnPropertyDescriptor(Document.prototype, 'hidden') as PropertyDescriptor;
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
  const hidden = await tuneDevice(device, work, { mode: 'force' });
  Object.defineProperty(document, 'hidden', visibility);
  const { measured } = await tuneDevice(device, work, { mode: 'force', budgetMs: 20_000 });
  const { variant, by } = device.choices?.choose(kernel, params) ?? {};
  return { unasked, hidden: hidden.measured.length, adapter: hidden.adapter, measured, chosen: [variant?.id, by] };
}
