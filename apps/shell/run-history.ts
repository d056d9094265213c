/** Runs of a lab that came to their end, kept in this browser, so that they are compared also after a reload. Numbers only. */
import type { Contract } from '../runtime/contract.ts';
import type { RunStore } from '../runtime/store.ts';

export interface KeptRun {
  readonly id: number;
  /** When it ended, ISO 8601. */
  readonly ended: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly finding: string;
  /** Last value of each curve of up to four series, by `chart: series`. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly device: string;
}

/** The oldest leave when there are more. */
const MOST = 12;
/** Curves of which a table shows the last value. */
const MOST_METRICS = 4;

const keyOf = (lab: string): string => `chalk-runs-${lab}`;

export function readRuns(lab: string): readonly KeptRun[] {
  try {
    const found = JSON.parse(localStorage.getItem(keyOf(lab)) ?? '[]') as KeptRun[];
    return Array.isArray(found) ? found.filter((run) => typeof run?.id === 'number' && typeof run.config === 'object') : [];
  } catch {
    return [];
  }
}

/** @returns false where the browser keeps nothing */
export function writeRuns(lab: string, runs: readonly KeptRun[]): boolean {
  try {
    localStorage.setItem(keyOf(lab), JSON.stringify(runs.slice(-MOST)));
    return true;
  } catch {
    return false;
  }
}

/** The last values of the first curves. */
export function metricsOf(store: RunStore<Contract>): Record<string, number> {
  const all = [...store.charts].flatMap(([chart, series]) =>
    [...series.values()].flatMap(({ name, y }) => {
      const last = y.at(-1);
      return last !== undefined && Number.isFinite(last) ? [[name === chart ? name : `${chart}: ${name}`, last] as const] : [];
    }),
  );
  return Object.fromEntries(all.slice(0, MOST_METRICS));
}

/** The runs of one lab as one page has them: other pages of the browser may add theirs between its own. */
export class RunHistory {
  readonly #lab: string;
  /** Oldest first. */
  now: readonly KeptRun[];
  /** Whether they are in the browser too, not here alone. */
  #kept = true;

  constructor(lab: string) {
    this.#lab = lab;
    this.now = readRuns(lab);
  }

  add(made: Omit<KeptRun, 'id'>): void {
    this.#write(keptRun(this.#kept ? readRuns(this.#lab) : this.now, made));
  }

  clear(): void {
    this.#write([]);
  }

  #write(runs: readonly KeptRun[]): void {
    this.now = runs;
    this.#kept = writeRuns(this.#lab, runs);
  }
}

/** What a run leaves in the list. */
export function keptRun(before: readonly KeptRun[], made: Omit<KeptRun, 'id'>): readonly KeptRun[] {
  const id = Math.max(0, ...before.map((run) => run.id)) + 1;
  return [...before, { id, ...made }].slice(-MOST);
}
