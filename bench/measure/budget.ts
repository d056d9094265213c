/** What a contender may take for a case: on a software adapter some need minutes for a step, and a run must end. */

/** Seconds, from any origin. */
export type Clock = () => number;

const CLOCK: Clock = () => performance.now() / 1000;

/** Only what is timed by it counts, so that the contender pays for itself and not for those between whose turns it waits. */
export class Budget {
  /** In all. */
  readonly seconds: number;
  readonly #now: Clock;
  #left: number;

  constructor(seconds = Number.POSITIVE_INFINITY, now = CLOCK) {
    this.seconds = seconds;
    this.#left = seconds;
    this.#now = now;
  }

  /** Negative where the last execution took more than there was: it cannot be interrupted. */
  get left(): number {
    return this.#left;
  }

  /** Seconds that `f` takes. */
  async time(f: () => Promise<void>): Promise<number> {
    const start = this.#now();
    await f();
    const seconds = this.#now() - start;
    this.#left -= seconds;
    return seconds;
  }
}
