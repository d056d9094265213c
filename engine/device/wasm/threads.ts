/**
 * A pool of workers that share the device's memory. A dispatch's workgroups are handed out in ranges by an atomic counter, so the
 * result does not depend on how many threads there are; the caller works too.
 */
import type { Heap } from './heap.ts';
import source from './thread.js?raw';
import { isWindow } from './work-queue.ts';

/** Words of the control block in shared memory; thread.js has the same. */
const JOB = 0;
const KERNEL = 1;
const ARGS = 2;
const NEXT = 3;
const END = 4;
const RANGE = 5;
const GRID_X = 6;
const GRID_Y = 7;
const OPEN = 8;
const ACTIVE = 9;
const LEAVE = 10;
const LEFT = 11;
const CONTROL_BYTES = 256;
/** Looks this often whether the others are done before sleeping. */
const SPINS = 4000;

interface Port {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** A dispatch as the threads need it. */
export interface ThreadedCall {
  /** Number of the kernel over all modules that were added. */
  readonly kernel: number;
  /** Address of the first thread's argument block; the others' follow at `argsStride` bytes. */
  readonly args: number;
  /** The workgroups `first` … `end` − 1. */
  readonly first: number;
  readonly end: number;
  readonly gridX: number;
  readonly gridY: number;
}

export type KernelFunction = (args: number, first: number, end: number, gridX: number, gridY: number) => void;

export class ThreadPool {
  readonly #ports: readonly Port[];
  readonly #heap: Heap;
  readonly #control: number;
  #words: Int32Array<ArrayBuffer>;
  #serving = false;

  private constructor(heap: Heap, control: number, ports: readonly Port[]) {
    this.#heap = heap;
    this.#control = control;
    this.#ports = ports;
    this.#words = this.#view();
  }

  /** Threads that work on a dispatch, the caller's included. */
  get size(): number {
    return this.#ports.length + 1;
  }

  /**
   * Starts `count` − 1 workers.
   * @throws Error where workers cannot be made (a policy), or none answers within ten seconds
   */
  static async open(heap: Heap, count: number, argsStride: number): Promise<ThreadPool> {
    const control = heap.allocate(CONTROL_BYTES, 'control block of the threads');
    heap.bytes.fill(0, control, control + CONTROL_BYTES);
    const ports: Port[] = [];
    try {
      const starting = Array.from({ length: count - 1 }, async (_, index) => {
        const { port, ready } = await openWorker();
        ports.push(port);
        port.postMessage({ start: { memory: heap.memory, number: index + 1, argsStride, control } });
        await ready;
      });
      await Promise.all(starting);
    } catch (error) {
      for (const port of ports) port.terminate();
      heap.release(control, CONTROL_BYTES);
      throw error;
    }
    return new ThreadPool(heap, control, ports);
  }

  /** Makes the functions `k0` … of a module known under the numbers from `first` on. */
  add(module: WebAssembly.Module, first: number, count: number): void {
    this.#leave();
    for (const port of this.#ports) port.postMessage({ module, first, count });
  }

  /** Runs workgroups on all threads, `range` at a time, and returns when all are done. `run` is the kernel in the caller's instance. */
  run({ kernel, args, first, end, gridX, gridY }: ThreadedCall, run: KernelFunction, range: number): void {
    const words = this.#view();
    if (!this.#serving) {
      for (const port of this.#ports) port.postMessage({ serve: words[JOB] });
      this.#serving = true;
    }
    words[KERNEL] = kernel;
    words[ARGS] = args;
    words[END] = end;
    words[RANGE] = range;
    words[GRID_X] = gridX;
    words[GRID_Y] = gridY;
    Atomics.store(words, NEXT, first);
    Atomics.store(words, OPEN, 1);
    Atomics.add(words, JOB, 1);
    Atomics.notify(words, JOB);
    for (let at = Atomics.add(words, NEXT, range); at < end; at = Atomics.add(words, NEXT, range)) {
      run(args, at, Math.min(at + range, end), gridX, gridY);
    }
    // Nothing is left to take. Who comes now finds the door closed: only those who came in before are waited for.
    Atomics.store(words, OPEN, 0);
    this.#await(words, ACTIVE, 0);
  }

  close(): void {
    for (const port of this.#ports) port.terminate();
    this.#heap.release(this.#control, CONTROL_BYTES);
  }

  /** Lets the workers go back to their messages. */
  #leave(): void {
    if (!this.#serving) return;
    const words = this.#view();
    Atomics.store(words, LEFT, 0);
    Atomics.store(words, LEAVE, 1);
    Atomics.add(words, JOB, 1);
    Atomics.notify(words, JOB);
    this.#await(words, LEFT, this.#ports.length);
    Atomics.store(words, LEAVE, 0);
    this.#serving = false;
  }

  /** Returns when a word has this value. */
  #await(words: Int32Array<ArrayBuffer>, word: number, value: number): void {
    for (let i = 0; i < SPINS && Atomics.load(words, word) !== value; i++);
    // A window may not sleep; what it waits for takes a few milliseconds at most.
    const mayWait = !isWindow();
    for (let now = Atomics.load(words, word); now !== value; now = Atomics.load(words, word)) {
      if (mayWait) Atomics.wait(words, word, now);
    }
  }

  #view(): Int32Array<ArrayBuffer> {
    const { buffer } = this.#heap.bytes;
    if (this.#words?.buffer !== buffer) this.#words = new Int32Array(buffer, this.#control, CONTROL_BYTES / 4);
    return this.#words;
  }
}

async function openWorker(): Promise<{ port: Port; ready: Promise<void> }> {
  if (typeof Worker === 'undefined') {
    const name = 'node:worker_threads';
    const { Worker: NodeWorker } = (await import(/* @vite-ignore */ name)) as typeof import('node:worker_threads');
    const worker = new NodeWorker(source, { eval: true });
    const ready = new Promise<void>((resolve, reject) => {
      worker.once('message', () => {
        // An idle pool does not keep a command alive.
        worker.unref();
        resolve();
      });
      worker.once('error', reject);
    });
    return { port: worker, ready };
  }
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  const ready = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('a thread of the WebAssembly device did not start')), 10_000);
    worker.addEventListener('message', () => {
      clearTimeout(late);
      URL.revokeObjectURL(url);
      resolve();
    });
    worker.addEventListener('error', () => {
      clearTimeout(late);
      reject(new Error('a thread of the WebAssembly device could not be started'));
    });
  });
  return { port: worker, ready };
}
