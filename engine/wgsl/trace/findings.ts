/** What the tracer says of a run: one finding per kind and line, with the first case in words and a count of all. */
import { locate } from '../source.ts';

export const FINDING_KINDS = [
  'out-of-bounds',
  'race',
  'divergent-barrier',
  'step-budget',
  'division-by-zero',
  'nan',
  'read-before-write',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Global invocation id. */
export type InvocationId = readonly [x: number, y: number, z: number];

export interface Finding {
  readonly kind: FindingKind;
  /** Both from 1, in the source as given. */
  readonly line: number;
  readonly column: number;
  /** The first invocation in which it was seen. */
  readonly invocation: InvocationId;
  readonly message: string;
  /** The numbers of the first case, by name: index and length, the operands, … */
  readonly values: Readonly<Record<string, number | string>>;
  /** How often it was seen at this line. */
  readonly count: number;
  /** True for what is legal and defined in WGSL, but often a slip: it does not make a run faulty. */
  readonly hint: boolean;
}

export interface Report {
  readonly message: string;
  readonly values?: Readonly<Record<string, number | string>>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Findings {
  readonly #source: string;
  readonly #byPlace = new Map<string, Mutable<Finding>>();
  readonly #byLine = new Map<string, Mutable<Finding>>();

  constructor(source: string) {
    this.#source = source;
  }

  /**
   * In the order in which they were seen. Where a line races, what it may read before it is written is part of that, and no hint of
   * its own.
   */
  get all(): readonly Finding[] {
    return [...this.#byLine.values()].filter(({ hint, line }) => !hint || !this.#byLine.has(`race ${line}`));
  }

  lineOf(at: number): number {
    return locate(this.#source, at).line;
  }

  /** @param describe called for the first case of a line only */
  add(kind: FindingKind, at: number, invocation: InvocationId, describe: () => Report): void {
    const place = `${kind} ${at}`;
    const known = this.#byPlace.get(place);
    if (known) {
      known.count++;
      return;
    }
    const { line, column } = locate(this.#source, at);
    const sameLine = this.#byLine.get(`${kind} ${line}`);
    if (sameLine) {
      sameLine.count++;
      this.#byPlace.set(place, sameLine);
      return;
    }
    const { message, values = {} } = describe();
    const hint = kind === 'read-before-write';
    const finding = { kind, line, column, invocation, message, values, count: 1, hint };
    this.#byPlace.set(place, finding);
    this.#byLine.set(`${kind} ${line}`, finding);
  }
}

export const idText = (id: readonly number[]): string => `(${id.join(', ')})`;

/** A number as WGSL would write it, short: 0.1 and not 0.10000000149011612. */
export function numberText(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value === Infinity ? 'infinity' : value === -Infinity ? '-infinity' : `${value}`;
  }
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return `${Number(text)}`;
  }
  return `${value}`;
}

export const valueText = (value: number | readonly number[]): string =>
  typeof value === 'number' ? numberText(value) : `(${value.map(numberText).join(', ')})`;
