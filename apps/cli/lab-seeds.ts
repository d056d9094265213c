/** What several runs of one lab, which differ in their seed, have in common: means and intervals of the numbers in their tables. */
import { join } from 'node:path';
import { meanInterval } from '../../engine/repair/statistics.ts';
import type { Row } from '../runtime/store.ts';
import type { LabArguments } from './lab-arguments.ts';

/** The arguments of one seed's run: its folders are its own, and the file of numbers is of all seeds together. */
export function argumentsOf(seed: number, { json: _, ...args }: LabArguments): LabArguments {
  const { save, legs, files } = args;
  const own = Object.entries({ save, legs, files }).flatMap(([name, folder]) =>
    folder === undefined ? [] : [[name, join(folder, `seed-${seed}`)]],
  );
  return { ...args, ...Object.fromEntries(own), config: { ...args.config, seed } };
}

export interface SeedRun {
  readonly seed: number;
  readonly tables: ReadonlyMap<string, readonly Row[]>;
  /** Its numbers are summed up too, those in lists left out. */
  readonly result?: unknown;
}

/** One number of a table over all runs. */
export interface Summary {
  /** Mean over the seeds, and the ends of its 95 % interval (Student's t). Absent for a single value. */
  readonly mean: number;
  readonly low?: number;
  readonly high?: number;
  readonly least: number;
  readonly most: number;
  readonly values: readonly number[];
}

export type SummaryTable = Readonly<Record<string, Readonly<Record<string, Summary | string>>>>;

/** A row's name: its cells that are text. */
const nameOf = (row: Row): string =>
  Object.values(row)
    .filter((cell) => typeof cell === 'string')
    .join(', ') || 'run';

/** Every number in a result that is no list: where it stands, its name, and itself. */
function* numbersIn(
  value: unknown,
  path: readonly string[] = [],
): Generator<readonly [where: string, name: string, value: number]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'number') yield [path.join(', ') || 'run', key, inner];
    else yield* numbersIn(inner, [...path, key]);
  }
}

function summary(values: readonly number[]): Summary {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (values.length < 2) return { mean: values[0] ?? Number.NaN, least, most, values };
  const { mean, low, high } = meanInterval(values);
  return { mean, low, high, least, most, values };
}

/**
 * By table and row. Rows of one name in several runs are one; a row that some runs lack is summed up over the others.
 * @param runs of one lab with one configuration but for the seed
 */
export function summarise(runs: readonly SeedRun[]): Readonly<Record<string, SummaryTable>> {
  const found: Record<string, Record<string, Record<string, number[]>>> = {};
  const add = (table: string, row: string, column: string, value: unknown): void => {
    if (typeof value !== 'number' || !Number.isFinite(value) || column === 'seed') return;
    found[table] ??= {};
    const cells = found[table];
    cells[row] ??= {};
    const values = cells[row];
    values[column] = [...(values[column] ?? []), value];
  };
  for (const { tables, result } of runs) {
    for (const [table, rows] of tables)
      for (const row of rows) for (const [column, cell] of Object.entries(row)) add(table, nameOf(row), column, cell);
    for (const [where, name, value] of numbersIn(result)) add('result', where, name, value);
  }
  const each = <A, B>(of: Record<string, A>, change: (value: A) => B): Record<string, B> =>
    Object.fromEntries(Object.entries(of).map(([key, value]) => [key, change(value)]));
  return each(found, (rows) => each(rows, (cells) => each(cells, summary)));
}

const digits = (value: number): string => String(Number(value.toPrecision(4)));

/** '0.965 [0.961, 0.969]', with the range of the values behind it: '0.962…0.969'. */
export function summaryText(of: Summary | string): string {
  if (typeof of === 'string') return of;
  const { mean, low, high, least, most } = of;
  if (low === undefined || high === undefined) return digits(mean);
  return `${digits(mean)} [${digits(low)}, ${digits(high)}] ${digits(least)}…${digits(most)}`;
}
