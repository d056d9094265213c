/** Which labels a network does badly on (MODE, Ma et al. 2018; the replication's rules, LABS §4.3 steps 1 and 2). */
import { ConfigError } from '../../errors.ts';

/** Accuracy of each label; null for a label without samples. */
export type LabelAccuracies = readonly (number | null)[];

export function labelAccuracies(predictions: ArrayLike<number>, labels: ArrayLike<number>, classes: number): LabelAccuracies {
  const right = new Array<number>(classes).fill(0);
  const all = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    all[label] = (all[label] as number) + 1;
    if (predictions[i] === label) right[label] = (right[label] as number) + 1;
  }
  return all.map((count, label) => (count === 0 ? null : (right[label] as number) / count));
}

export interface BugOptions {
  /** θ: a label below it is under-fitted. Default 0.92. */
  readonly theta?: number;
  /** γ: a label whose training accuracy exceeds the other by more is over-fitted. Default 0.1. */
  readonly gamma?: number;
  /**
   * 'both' (default): under-fitted where training and evaluation accuracy are below θ, the written rule; a label without training samples has not
   * been fitted at all, so its evaluation accuracy decides alone. 'evaluation': where the evaluation accuracy is, as the published code has it.
   */
  readonly rule?: 'both' | 'evaluation';
  /** Takes the smallest gap for the worst over-fitted label, as the published code does by mistake. */
  readonly asPublished?: boolean;
}

export interface Bug {
  readonly kind: 'under-fit' | 'over-fit';
  /** The worst label. */
  readonly label: number;
}

export interface Bugs {
  readonly underFitted: readonly number[];
  readonly overFitted: readonly number[];
  /** What to repair first: under-fitting comes before over-fitting. Absent: nothing is wrong. */
  readonly worst?: Bug;
}

/** Buggy labels from accuracies on the training and the evaluation set. Labels without evaluation samples are never buggy. */
export function findBugs(train: LabelAccuracies, evaluation: LabelAccuracies, options: BugOptions = {}): Bugs {
  const { theta = 0.92, gamma = 0.1, rule = 'both', asPublished = false } = options;
  if (train.length !== evaluation.length) throw new ConfigError('evaluation', 'both must have the same labels.');
  const at = (list: LabelAccuracies, label: number) => list[label] ?? null;
  const labels = train.map((_, label) => label);
  const underFitted = labels.filter((label) => {
    const [a, b] = [at(train, label), at(evaluation, label)];
    return b !== null && b < theta && (rule === 'evaluation' || a === null || a < theta);
  });
  const gap = (label: number) => (at(train, label) ?? Number.NaN) - (at(evaluation, label) ?? Number.NaN);
  const overFitted = labels.filter((label) => gap(label) > gamma);
  const first = (list: readonly number[], value: (label: number) => number) =>
    list.reduce((best, label) => (value(label) < value(best) ? label : best), list[0] as number);
  if (underFitted.length > 0) {
    const label = first(underFitted, (l) => at(evaluation, l) as number);
    return { underFitted, overFitted, worst: { kind: 'under-fit', label } };
  }
  if (overFitted.length > 0) {
    const label = first(overFitted, (l) => (asPublished ? gap(l) : -gap(l)));
    return { underFitted, overFitted, worst: { kind: 'over-fit', label } };
  }
  return { underFitted, overFitted };
}

/** Indices of the samples that are left when labels are starved. @throws ConfigError for a share outside [0, 1] */
export function starve(labels: ArrayLike<number>, label: number, share: number): Uint32Array<ArrayBuffer> {
  if (!(share >= 0 && share <= 1)) throw new ConfigError('share', `must be a number from 0 to 1, got ${share}.`);
  let members = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === label) members++;
  const most = Math.round(members * share);
  let kept = 0;
  return Uint32Array.from({ length: labels.length }, (_, i) => i).filter((i) => labels[i] !== label || kept++ < most);
}

/** Labels of which a share of one label's are given another, at random. @param random uniform in [0, 1) */
export function mislabel(
  labels: ArrayLike<number>,
  options: { readonly label: number; readonly share: number; readonly to: number; readonly random: () => number },
): Int32Array<ArrayBuffer> {
  const { label, share, to, random } = options;
  if (!(share >= 0 && share <= 1)) throw new ConfigError('share', `must be a number from 0 to 1, got ${share}.`);
  return Int32Array.from(labels, (value) => (value === label && random() < share ? to : value));
}
