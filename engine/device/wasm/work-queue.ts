/**
 * Work in order. Where nobody waits for the thread (a worker, Node) it is done at once; in a window it is done in slices, with
 * the page's own turn between them.
 */

/** Does a part of something, at most until `deadline` (of `performance.now()`). @returns whether it is done */
export type Work = (deadline: number) => boolean;

/** Milliseconds of work before a window has its turn. */
const SLICE = 40;

export class WorkQueue {
  readonly #immediate: boolean;
  readonly #waiting: Work[] = [];
  #idle: Promise<void> | undefined;
  #error: Error | undefined;

  constructor(immediate: boolean) {
    this.#immediate = immediate;
  }

  push(work: Work): void {
    if (this.#immediate) {
      work(Number.POSITIVE_INFINITY);
      return;
    }
    this.#waiting.push(work);
    this.#idle ??= this.#drain();
  }

  /** Resolves when everything pushed so far is done. @throws the first error of that work */
  async settle(): Promise<void> {
    await this.#idle;
    const error = this.#error;
    this.#error = undefined;
    if (error) throw error;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Also before the first slice: what was pushed in this turn of the page does not prolong it.
      await nextTurn();
      const deadline = performance.now() + SLICE;
      while (this.#waiting.length > 0 && performance.now() < deadline) {
        if (this.#advance(deadline)) this.#waiting.shift();
      }
    }
    this.#idle = undefined;
  }

  /** Nobody waits for this work here, so its errors are kept for the next `settle`. */
  #advance(deadline: number): boolean {
    try {
      return this.#waiting[0]?.(deadline) ?? true;
    } catch (error) {
      this.#error ??= error instanceof Error ? error : new Error(String(error));
      return true;
    }
  }
}

/** Milliseconds of other long work after which a window has its turn: its parts take some milliseconds more. */
const PART = 10;

/** Long work in parts: where this is a window, the page has its turn between them. */
export class Turns {
  #start = performance.now();

  /** After each part. */
  async end(): Promise<void> {
    if (!isWindow() || performance.now() - this.#start < PART) return;
    await nextTurn();
    this.#start = performance.now();
  }
}

/** After input, painting and timers that are due; a timer would wait four milliseconds more each time. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Whether this thread draws a page and must not be held up. */
export function isWindow(): boolean {
  return typeof document !== 'undefined';
}
