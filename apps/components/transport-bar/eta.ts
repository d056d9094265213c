/** Remaining time from the steps of the last seconds. */

/** Time over which the pace is averaged, in milliseconds. */
const windowLength = 8_000;

export class Eta {
  #marks: (readonly [time: number, step: number])[] = [];

  /** Forgets the past: after a pause or a restart. */
  reset(): void {
    this.#marks = [];
  }

  /** @param now milliseconds of any steady clock */
  add(step: number, now: number): void {
    const last = this.#marks.at(-1);
    if (last && step < last[1]) this.reset();
    if (last?.[1] === step) return;
    this.#marks.push([now, step]);
    while (this.#marks.length > 2 && now - (this.#marks[0]?.[0] ?? now) > windowLength) this.#marks.shift();
  }

  /** Steps per second; undefined before there are two marks. */
  get pace(): number | undefined {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || !last || last[0] - first[0] < 50) return undefined;
    return ((last[1] - first[1]) / (last[0] - first[0])) * 1000;
  }

  /** Seconds until `total` steps are done; undefined where nobody knows. */
  remaining(total: number | undefined): number | undefined {
    const { pace } = this;
    const step = this.#marks.at(-1)?.[1];
    if (!total || !pace || step === undefined) return undefined;
    return Math.max(0, total - step) / pace;
  }
}

/** `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s / 60} min`;
  const minutes = Math.round(s / 60);
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}
