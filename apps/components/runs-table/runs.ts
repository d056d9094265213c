/** Comparing runs: which settings differ, in which order they stand. */
import { compareCells } from '../shared/sorting.ts';

export type Setting = string | number | boolean | null;

export interface Run {
  readonly id: string;
  readonly label: string;
  /** The settings it ran with. */
  readonly config: Readonly<Record<string, Setting>>;
  /** What came out: final loss, accuracy, … */
  readonly metrics: Readonly<Record<string, number>>;
  /** Colour of its curves: place among the categories. */
  readonly color?: number;
  /** Its curves are overlaid on the charts. */
  readonly shown: boolean;
  /** The run that goes on now. */
  readonly running?: boolean;
  /** Curves for the value at the synchronised cursor, by metric. */
  readonly curves?: Readonly<Record<string, { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> }>>;
}

/** Settings that are not the same in all runs, in order of appearance. With one run: none. */
export function differing(runs: readonly Run[]): string[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run.config)))];
  return keys.filter((key) => new Set(runs.map((run) => JSON.stringify(run.config[key] ?? null))).size > 1);
}

export const metricNames = (runs: readonly Run[]): string[] => [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))];

export interface SortOrder {
  readonly key: string;
  readonly of: 'label' | 'config' | 'metrics';
  readonly descending: boolean;
}

const cellOf = (run: Run, { of, key }: SortOrder): Setting | undefined => (of === 'label' ? run.label : run[of][key]);

/** A sorted copy; equal and missing values keep their order, missing ones last. */
export function sortRuns(runs: readonly Run[], order: SortOrder | null): readonly Run[] {
  if (!order) return runs;
  return [...runs].sort((a, b) => compareCells(cellOf(a, order), cellOf(b, order), order.descending));
}
