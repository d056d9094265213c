/** Threads that run a loop of the processor's roof at the same time, each in an instance and memory of its own. */
import type { RoofModule, RoofWork, RoofWorks } from './processor-roof.ts';
import source from './processor-thread.js?raw';

export interface ProcessorThreads {
  readonly count: number;
  readonly works: RoofWorks;
  /** `executions` of `work` on every thread; resolves when all are done. */
  run(work: RoofWork, executions: number): Promise<void>;
  close(): void;
}

/** @returns the caller's own thread where `count` is 1, as a library without threads has it; else workers */
export async function startThreads(roof: RoofModule, count: number): Promise<ProcessorThreads> {
  const { works, pages } = roof;
  const module = new WebAssembly.Module(roof.code);
  if (count === 1) {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const functions = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
      string,
      (...args: number[]) => void
    >;
    return {
      count,
      works,
      async run({ name, args }, executions) {
        for (let i = 0; i < executions; i++) functions[name]?.(...args);
      },
      close: () => {},
    };
  }
  const workers: RoofWorker[] = [];
  const close = () => {
    for (const worker of workers) worker.terminate();
  };
  try {
    for (let i = 0; i < count; i++) workers.push(await openWorker());
    await Promise.all(workers.map((worker) => worker.ask({ module, pages })));
  } catch (error) {
    close();
    throw error;
  }
  return {
    count,
    works,
    async run({ name, args }, executions) {
      await Promise.all(workers.map((worker) => worker.ask({ run: { name, args, executions } })));
    },
    close,
  };
}

interface RoofWorker {
  /** Resolves with the worker's answer. */
  ask(message: unknown): Promise<void>;
  terminate(): unknown;
}

async function openWorker(): Promise<RoofWorker> {
  if (typeof Worker === 'undefined') {
    const name = 'node:worker_threads';
    const { Worker: NodeWorker } = (await import(/* @vite-ignore */ name)) as typeof import('node:worker_threads');
    const worker = new NodeWorker(source, { eval: true });
    return {
      ask: (message) =>
        new Promise((resolve, reject) => {
          worker.once('error', reject);
          worker.once('message', () => {
            worker.off('error', reject);
            resolve();
          });
          worker.postMessage(message);
        }),
      terminate: () => worker.terminate(),
    };
  }
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        worker.onmessage = () => resolve();
        worker.onerror = () => reject(new Error("a thread of the processor's roof could not be started"));
        worker.postMessage(message);
      }),
    terminate() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
