/** What repeated repairs come to: means with confidence intervals, and whether a method does better than its control. */
import { type LabelAccuracies, meanInterval, pairedTest } from '../../../engine/repair/index.ts';
import type { Cell } from '../../runtime/events.ts';
import { knowledge, type Method, names } from './methods.ts';
import type { Repair } from './repairs.ts';

/** A mean over seeds; `halfWidth` of its 95 % interval, null for one seed. */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth: number | null;
}

export type Verdict = 'better' | 'worse' | 'no difference' | 'one seed';

/** A paired difference, and the two-sided p of its t-test. */
export interface Compared extends Estimate {
  readonly p: number | null;
  readonly verdict: Verdict;
}

/** Shares on the test set: of all images, the mean over labels, of the worst label. */
export const quantities = ['average', 'balanced', 'worst'] as const;
export type Quantity = (typeof quantities)[number];
export type Outcome<T = number> = Readonly<Record<Quantity, T>>;

/** Methods that others are compared with, seed by seed. */
export const baselines = ['random', 'randomOfLabel'] as const;
export type Baseline = (typeof baselines)[number];

export interface Summary {
  readonly method: Method;
  readonly name: string;
  readonly knows: string;
  readonly seeds: number;
  readonly initial: Outcome<Estimate>;
  readonly final: Outcome<Estimate>;
  readonly control: Outcome<Estimate>;
  /** Final minus control. The control draws from the pool that the method has taken its images from, so late rounds may find few of a label. */
  readonly gain: Outcome<Compared>;
  /** Final minus that of the same repair on random images, with a pool of its own; null where that was not tried. */
  readonly beyond: Readonly<Record<Baseline, Outcome<Compared> | null>>;
  /** Rounds that were trained, in the mean. */
  readonly rounds: number;
}

const each = <T>(value: (quantity: Quantity) => T): Outcome<T> => ({
  average: value('average'),
  balanced: value('balanced'),
  worst: value('worst'),
});

export function outcome(average: number, labels: LabelAccuracies): Outcome {
  const known = labels.filter((value): value is number => value !== null);
  const total = known.reduce((a, b) => a + b, 0);
  return { average, balanced: total / known.length, worst: Math.min(...known) };
}

/** First and last state of a repair. */
export function outcomes({ rounds }: Repair): Readonly<Record<'initial' | 'final' | 'control', Outcome>> {
  const [first, last] = [rounds[0], rounds.at(-1)];
  if (!first || !last) throw new Error('the repair has no round');
  return {
    initial: outcome(first.accuracy, first.labels),
    final: outcome(last.accuracy, last.labels),
    control: outcome(last.control, last.controlLabels),
  };
}

export function estimate(values: readonly number[]): Estimate {
  const { mean, halfWidth } = meanInterval(values);
  return { mean, halfWidth: Number.isFinite(halfWidth) ? halfWidth : null };
}

export function compare(a: readonly number[], b: readonly number[]): Compared {
  if (a.length < 2) return { ...estimate(a.map((value, i) => value - (b[i] as number))), p: null, verdict: 'one seed' };
  const { mean, halfWidth, p, noDifference } = pairedTest(a, b);
  return { mean, halfWidth, p, verdict: noDifference ? 'no difference' : mean > 0 ? 'better' : 'worse' };
}

/** @param repairs of all methods; those of one seed are paired */
export function summarise(method: Method, repairs: readonly Repair[]): Summary | undefined {
  const own = repairs.filter((repair) => repair.method === method);
  if (own.length === 0) return undefined;
  const found = own.map(outcomes);
  const values = (of: 'initial' | 'final' | 'control', quantity: Quantity) => found.map((state) => state[of][quantity]);
  const beyond = (baseline: Baseline) => {
    const others = own.map(({ seed }) => repairs.find((repair) => repair.method === baseline && repair.seed === seed));
    if (method === baseline || others.includes(undefined)) return null;
    const theirs = others.flatMap((repair) => (repair ? [outcomes(repair).final] : []));
    return each((q) =>
      compare(
        values('final', q),
        theirs.map((final) => final[q]),
      ),
    );
  };
  return {
    method,
    name: names[method],
    knows: knowledge(method),
    seeds: own.length,
    initial: each((q) => estimate(values('initial', q))),
    final: each((q) => estimate(values('final', q))),
    control: each((q) => estimate(values('control', q))),
    gain: each((q) => compare(values('final', q), values('control', q))),
    beyond: { random: beyond('random'), randomOfLabel: beyond('randomOfLabel') },
    rounds: own.reduce((total, { rounds }) => total + rounds.length - 1, 0) / own.length,
  };
}

const percent = (share: number) => (100 * share).toFixed(2).replace('-', '−');
const signed = (share: number) => `${share > 0 ? '+' : ''}${percent(share)}`;
const interval = ({ mean, halfWidth }: Estimate, write = percent) =>
  halfWidth === null ? write(mean) : `${write(mean)} ± ${percent(halfWidth)}`;

/** A line of the table of repairs: shares in per cent, differences in points. */
export function tableRow(method: Method, summary: Summary | undefined): Record<string, Cell> {
  const cell = (text: (of: Summary) => Cell): Cell => (summary ? text(summary) : null);
  return {
    'images chosen by': names[method],
    'looks at': knowledge(method),
    seeds: summary?.seeds ?? 0,
    'worst label %': cell(({ final }) => interval(final.worst)),
    'its control %': cell(({ control }) => interval(control.worst)),
    'difference, worst': cell(({ gain }) => interval(gain.worst, signed)),
    worst: cell(({ gain }) => gain.worst.verdict),
    'average %': cell(({ final }) => interval(final.average)),
    'control %': cell(({ control }) => interval(control.average)),
    difference: cell(({ gain }) => interval(gain.average, signed)),
    p: cell(({ gain }) => gain.average.p),
    average: cell(({ gain }) => gain.average.verdict),
    'mean of labels %': cell(({ final }) => interval(final.balanced)),
    'beyond random images': cell(({ beyond }) => beyond.random && interval(beyond.random.average, signed)),
    'beyond random, worst': cell(({ beyond }) => beyond.random && interval(beyond.random.worst, signed)),
    'beyond random of the label': cell(({ beyond }) => beyond.randomOfLabel && interval(beyond.randomOfLabel.average, signed)),
    rounds: cell(({ rounds }) => rounds),
  };
}
