/**
 * How many dispatches of a replayed step go into one submit. A GPU cannot draw the page while it works on a submit, so a step that takes
 * longer than a frame is cut into several; a short one stays whole.
 */

/** Milliseconds that one submit may take: below a frame of 60 Hz, with room for drawing. */
const BUDGET = 12;
/** Executions whose time is looked at; the shortest counts, because others may have waited for earlier work. */
const LOOKS = 8;

export class SubmitPace {
  readonly #dispatches: number;
  #shortest = Number.POSITIVE_INFINITY;
  #looks = 0;
  #waiting = false;

  constructor(dispatches: number) {
    this.#dispatches = Math.max(1, dispatches);
  }

  /** Dispatches of the next submits. */
  get perSubmit(): number {
    if (this.#shortest <= BUDGET || !Number.isFinite(this.#shortest)) return this.#dispatches;
    return Math.max(1, Math.floor((this.#dispatches * BUDGET) / this.#shortest));
  }

  /** Notes the time of an execution that has just been submitted. @param done resolves when the queue is empty */
  watch(done: () => Promise<unknown>, now: () => number = () => performance.now()): void {
    if (this.#waiting || this.#looks === LOOKS) return;
    this.#looks++;
    this.#waiting = true;
    const start = now();
    done().then(
      () => {
        this.#shortest = Math.min(this.#shortest, now() - start);
        this.#waiting = false;
      },
      () => {
        // A lost device says so elsewhere.
        this.#looks = LOOKS;
      },
    );
  }
}
