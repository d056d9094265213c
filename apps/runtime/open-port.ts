/** Finds a place for an experiment to run: a module worker, or the main thread where workers are not to be had. */

import type { Environment } from './environment.ts';
import type { AnyExperiment } from './experiment.ts';
import { host } from './host.ts';
import type { Port } from './protocol.ts';
import { comesUp, openShared } from './shared-worker-pool.ts';

export interface Hosting {
  /** Makes a module worker: one that serves this lab alone, or with `lab` any lab of the site. */
  worker(): Worker;
  /** The lab's name in a worker that serves all of them. */
  readonly lab?: { readonly id: string; readonly address: string };
  /** Loads the experiment and its environment into this thread. */
  local(): Promise<{ experiment: AnyExperiment; environment: (dataUrl: string) => Environment }>;
}

export interface OpenPort {
  readonly port: Port;
  readonly where: 'worker' | 'main thread';
  close(): void;
}

async function fromWorker(hosting: Hosting, device: string, crashed: (why: string) => void): Promise<OpenPort> {
  const { lab } = hosting;
  if (lab) {
    // Work on one device of a thread waits for work on another, so labs on different kinds do not share one.
    const name = `${lab.address} ${device}`;
    return { ...(await openShared(name, () => hosting.worker(), lab.id, crashed)), where: 'worker' };
  }
  const worker = hosting.worker();
  let ready = false;
  await comesUp(worker, (why) => {
    worker.terminate();
    if (ready) crashed(why);
  });
  ready = true;
  return { port: worker, where: 'worker', close: () => worker.terminate() };
}

/** A host in this thread; messages are cloned as a worker would clone them. */
export async function fromThread(hosting: Pick<Hosting, 'local'>): Promise<OpenPort> {
  const { experiment, environment } = await hosting.local();
  const { port1, port2 } = new MessageChannel();
  host(experiment, environment, port2);
  port1.start();
  port2.start();
  const close = () => {
    port1.postMessage({ type: 'close' });
    port1.close();
  };
  return { port: port1, where: 'main thread', close };
}

/**
 * @param device what the run will compute on: labs on the same share a worker
 * @param crashed called when the worker dies later, of an error that no run caught
 * @throws what the main-thread import threw, when neither place works
 */
export async function openPort(hosting: Hosting, device: string, crashed: (why: string) => void): Promise<OpenPort> {
  try {
    return await fromWorker(hosting, device, crashed);
  } catch (error) {
    console.info(`running on the main thread: ${error instanceof Error ? error.message : error}`);
    return fromThread(hosting);
  }
}

/**
 * A worker from any address: where that is another origin's, through a module in a blob, which imports it. A page that forbids blobs gets
 * the main thread.
 */
export function workerFrom(address: string): Worker {
  // Not the origin of its address: that of a sandboxed frame is nobody's.
  if (new URL(address).origin === globalThis.origin) return new Worker(address, { type: 'module', name: 'chalkgrad' });
  const text = `import ${JSON.stringify(address)};`;
  const blob = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const worker = new Worker(blob, { type: 'module', name: 'chalkgrad' });
  const forget = () => URL.revokeObjectURL(blob);
  worker.addEventListener('message', forget, { once: true });
  worker.addEventListener('error', forget, { once: true });
  return worker;
}
