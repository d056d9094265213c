/** How long the presets of a lab took on this device: measured, and kept in this browser. */

const keyOf = (lab: string): string => `chalk-times-${lab}`;
const entry = (preset: string, device: string): string => `${preset} on ${device}`;

function read(lab: string): Record<string, number> {
  try {
    return JSON.parse(localStorage.getItem(keyOf(lab)) ?? '{}') as Record<string, number>;
  } catch {
    return {};
  }
}

/** Seconds that the preset took the last time; undefined where it was never run to its end. @param device its kind */
export function timeOf(lab: string, preset: string, device: string): number | undefined {
  const seconds = read(lab)[entry(preset, device)];
  return typeof seconds === 'number' && seconds > 0 ? seconds : undefined;
}

export function keepTime(lab: string, preset: string, device: string, seconds: number): void {
  try {
    localStorage.setItem(keyOf(lab), JSON.stringify({ ...read(lab), [entry(preset, device)]: seconds }));
  } catch {
    // Not kept: the next run says nothing of this one.
  }
}

/** `8 s`, `2 min 10 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ''}`;
}

/** Adds up the time in which a run runs. */
export class RunClock {
  #since: number | undefined;
  #total = 0;

  /** @returns seconds of the run so far */
  tell(state: string, now = performance.now()): number {
    if (this.#since !== undefined) this.#total += now - this.#since;
    if (state === 'starting') this.#total = 0;
    this.#since = state === 'running' || state === 'starting' ? now : undefined;
    return this.#total / 1000;
  }
}
