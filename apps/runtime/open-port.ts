/** Finds a place for an experiment to run: a module worker, or the main thread where workers are not to be had. */
import type { AnyExperiment } from './experiment.ts';
import { host } from './host.ts';
import type { Port, ToClient } from './protocol.ts';
import type { Environment } from './runner.ts';

export interface Hosting {
  /** Makes the lab's module worker. */
  worker(): Worker;
  /** Loads the experiment and its environment into this thread. */
  local(): Promise<{ experiment: AnyExperiment; environment: (dataUrl: string) => Environment }>;
}

export interface OpenPort {
  readonly port: Port;
  readonly where: 'worker' | 'main thread';
  close(): void;
}

/** A worker whose module is not there or may not run says nothing; after so many milliseconds the main thread takes over. */
const patience = 20_000;

function fromWorker(hosting: Hosting, crashed: (why: string) => void): Promise<OpenPort> {
  return new Promise((resolve, reject) => {
    const worker = hosting.worker();
    let ready = false;
    const give = (why: string) => {
      clearTimeout(timer);
      worker.terminate();
      if (ready) crashed(why);
      else reject(new Error(why));
    };
    const timer = setTimeout(() => give('the worker did not answer'), patience);
    worker.addEventListener('error', (event) => give(event.message || 'the worker could not be loaded'), { once: true });
    worker.addEventListener('message', function first(event: MessageEvent<ToClient>) {
      if (event.data.type !== 'ready') return;
      ready = true;
      clearTimeout(timer);
      worker.removeEventListener('message', first);
      resolve({ port: worker, where: 'worker', close: () => worker.terminate() });
    });
  });
}

/** A host in this thread; messages are cloned as a worker would clone them. */
export async function fromThread(hosting: Pick<Hosting, 'local'>): Promise<OpenPort> {
  const { experiment, environment } = await hosting.local();
  const { port1, port2 } = new MessageChannel();
  host(experiment, environment, port2);
  port1.start();
  port2.start();
  const close = () => {
    port1.close();
    port2.close();
  };
  return { port: port1, where: 'main thread', close };
}

/**
 * @param crashed called when the worker dies later, of an error that no run caught
 * @throws what the main-thread import threw, when neither place works
 */
export async function openPort(hosting: Hosting, crashed: (why: string) => void): Promise<OpenPort> {
  try {
    return await fromWorker(hosting, crashed);
  } catch (error) {
    console.info(`running on the main thread: ${error instanceof Error ? error.message : error}`);
    return fromThread(hosting);
  }
}
