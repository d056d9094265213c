/** Means, intervals and paired comparisons of the repair table. */
import { meanInterval, pairedTest } from '../../../engine/repair/statistics.ts';
import type { Row } from '../../runtime/store.ts';
import { type Knowledge, METHODS, type Outcome, type Outcomes, PLAIN } from './repairs.ts';
import { worstGroup } from './worst-group.ts';

/** Mean over seeds; half the width of its 95 % interval, null for one seed. */
export interface Mean {
  readonly mean: number;
  readonly halfWidth: number | null;
}

/** Difference of worst groups, seed by seed. */
export interface Comparison {
  readonly to: string;
  readonly mean: number;
  readonly halfWidth: number | null;
  readonly p: number | null;
  /** 'no difference': the interval of the differences holds 0. 'one seed': nobody can tell. */
  readonly verdict: 'better' | 'worse' | 'no difference' | 'one seed';
}

export interface RepairSummary {
  readonly method: string;
  readonly knows: Knowledge;
  readonly seeds: number;
  readonly worst: Mean;
  /** Worst group of each seed. */
  readonly worstOf: readonly number[];
  /** Which groups these are; of results kept before they were told, absent. */
  readonly worstGroups?: readonly string[];
  readonly average: Mean;
  readonly weighted: Mean;
  readonly raw: Mean;
  readonly biased: Mean;
  readonly steps: number;
  /** Mean share of the last training that the states which count had gone through; null where none was chosen. */
  readonly kept: number | null;
  readonly notes: readonly string[];
  /** To more of the same training, and to the control that the method must beat. */
  readonly toPlain: Comparison | null;
  readonly toControl: Comparison | null;
}

const meanOf = (values: readonly number[]): Mean => {
  const { mean, halfWidth } = meanInterval(values);
  return { mean, halfWidth: Number.isFinite(halfWidth) ? halfWidth : null };
};

/** Seeds that both have, paired. */
function compare(outcomes: Outcomes, method: string, to: string | null): Comparison | null {
  const [own, other] = [outcomes[method], to === null ? undefined : outcomes[to]];
  if (!own || !other || to === null || to === method) return null;
  const seeds = Object.keys(own).filter((seed) => seed in other);
  const worst = (of: Readonly<Record<string, Outcome>>) => seeds.map((seed) => (of[seed] as Outcome).worst);
  const [a, b] = [worst(own), worst(other)];
  if (seeds.length === 0) return null;
  if (seeds.length === 1) return { to, mean: (a[0] as number) - (b[0] as number), halfWidth: null, p: null, verdict: 'one seed' };
  const { mean, halfWidth, p, noDifference } = pairedTest(a, b);
  return { to, mean, halfWidth, p, verdict: noDifference ? 'no difference' : mean > 0 ? 'better' : 'worse' };
}

/** One entry for each method that has run, in the order of the table. */
export function summarise(outcomes: Outcomes): RepairSummary[] {
  return METHODS.flatMap(({ name, knows, control }) => {
    const own = Object.values(outcomes[name] ?? {});
    if (own.length === 0) return [];
    const of = (value: (outcome: Outcome) => number) => own.map(value);
    return [
      {
        method: name,
        knows,
        seeds: own.length,
        worst: meanOf(of(({ worst }) => worst)),
        worstOf: of(({ worst }) => worst),
        worstGroups: [...new Set(own.map(worstGroup))].filter((name) => name !== null),
        average: meanOf(of(({ average }) => average)),
        weighted: meanOf(of(({ weighted }) => weighted)),
        raw: meanOf(of(({ raw }) => raw)),
        biased: meanOf(of(({ biased }) => biased)),
        steps: Math.round(of(({ steps }) => steps).reduce((a, b) => a + b, 0) / own.length),
        kept: own.some(({ kept }) => kept === null) ? null : meanOf(of(({ kept }) => kept as number)).mean,
        notes: [...new Set(own.flatMap(({ note }) => note || []))],
        toPlain: compare(outcomes, name, PLAIN),
        toControl: compare(outcomes, name, control),
      },
    ];
  });
}

/** '+12.3 ± 4.5 pp', or 'no difference'. */
export function verdictText(comparison: Comparison | null): string | null {
  if (!comparison) return null;
  const { verdict, mean, halfWidth } = comparison;
  if (verdict === 'no difference') return verdict;
  const points = `${mean < 0 ? '−' : '+'}${Math.abs(100 * mean).toFixed(1)}`;
  return halfWidth === null ? `${points} pp (one seed)` : `${points} ± ${(100 * halfWidth).toFixed(1)} pp`;
}

export function repairRow(summary: RepairSummary): Row {
  const { method, knows, worst, worstGroups, average, weighted, raw, biased, seeds, steps, kept, notes, toPlain, toControl } =
    summary;
  return {
    method,
    'may know': knows,
    'worst group': worst.mean,
    '± worst': worst.halfWidth,
    'worst group is': worstGroups?.join('; ') || null,
    average: average.mean,
    '± average': average.halfWidth,
    weighted: weighted.mean,
    '± weighted': weighted.halfWidth,
    'worst group, to one more epoch': verdictText(toPlain),
    'to its control': toControl && toControl.to !== PLAIN ? verdictText(toControl) : null,
    control: toControl && toControl.to !== PLAIN ? toControl.to : null,
    raw: raw.mean,
    biased: biased.mean,
    seeds,
    steps,
    'best state, of its last training': kept,
    remark: notes.join('; ') || null,
  };
}
