/** Groups of samples, such as class × cue: how a network does on each, and weights that make them count alike. */
import { ConfigError } from '../errors.ts';
import type { Generator } from '../random.ts';

/** Group of each sample, 0 … G − 1. */
export type Groups = ArrayLike<number>;

/** @throws ConfigError unless there is a group of 0 or more for each sample */
export function groupCount(groups: Groups, samples: number): number {
  if (groups.length !== samples)
    throw new ConfigError('groups', `there must be one for each of the ${samples} samples, got ${groups.length}.`);
  let most = -1;
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i] as number;
    if (!Number.isInteger(group) || group < 0)
      throw new ConfigError(`groups[${i}]`, `must be a whole number of at least 0, got ${group}.`);
    most = Math.max(most, group);
  }
  return most + 1;
}

/** Samples of each group. */
export function groupSizes(groups: Groups, count = groupCount(groups, groups.length)): number[] {
  const sizes = new Array<number>(count).fill(0);
  for (let i = 0; i < groups.length; i++) sizes[groups[i] as number] = (sizes[groups[i] as number] ?? 0) + 1;
  return sizes;
}

export interface GroupScores {
  /** Accuracy of each group; null for a group without samples. */
  readonly accuracies: readonly (number | null)[];
  readonly sizes: readonly number[];
  /** The lowest accuracy of a group that has samples. */
  readonly worst: number;
  /** Plain mean over samples. */
  readonly average: number;
  /** Mean of the groups' accuracies, weighted by `weights` (the training set's shares, say), else alike. */
  readonly weighted: number;
}

/**
 * Accuracy by group. Empty groups count in no average.
 * @param weights of each group; default: all alike
 * @throws ConfigError where there are no samples
 */
export function groupScores(
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  groups: Groups,
  weights?: readonly number[],
): GroupScores {
  const count = groupCount(groups, labels.length);
  if (labels.length === 0 || predictions.length !== labels.length) {
    throw new ConfigError(
      'predictions',
      `there must be one for each of the ${labels.length} samples, got ${predictions.length}.`,
    );
  }
  const sizes = groupSizes(groups, count);
  const right = new Array<number>(count).fill(0);
  for (let i = 0; i < labels.length; i++) {
    const group = groups[i] as number;
    if (predictions[i] === labels[i]) right[group] = (right[group] as number) + 1;
  }
  const accuracies = sizes.map((size, group) => (size === 0 ? null : (right[group] as number) / size));
  const known = accuracies.flatMap((value, group) =>
    value === null ? [] : [{ value, weight: weights?.[group] ?? (weights ? 0 : 1) }],
  );
  const weight = known.reduce((total, entry) => total + entry.weight, 0);
  if (!(weight > 0)) throw new ConfigError('weights', 'must be above 0 for a group that has samples.');
  return {
    accuracies,
    sizes,
    worst: Math.min(...known.map(({ value }) => value)),
    average: right.reduce((a, b) => a + b, 0) / labels.length,
    weighted: known.reduce((total, entry) => total + entry.weight * entry.value, 0) / weight,
  };
}

/** Weight of each sample with which all groups weigh alike and the mean weight is 1: n/(G n_g), G the groups that have samples. */
export function balancingWeights(groups: Groups): Float32Array<ArrayBuffer> {
  const sizes = groupSizes(groups);
  const present = sizes.filter((size) => size > 0).length;
  return Float32Array.from(
    { length: groups.length },
    (_, i) => groups.length / (present * (sizes[groups[i] as number] as number)),
  );
}

/** As many samples of every group as the smallest has that has any, drawn without repetition: their indices, in rising order. */
export function balancedSubset(groups: Groups, rng: Generator): Uint32Array<ArrayBuffer> {
  const sizes = groupSizes(groups);
  const least = Math.min(...sizes.filter((size) => size > 0));
  const chosen: number[] = [];
  sizes.forEach((size, group) => {
    if (size === 0) return;
    const members = Array.from({ length: groups.length }, (_, i) => i).filter((i) => groups[i] === group);
    chosen.push(...rng.shuffle(members).slice(0, least));
  });
  return Uint32Array.from(chosen).sort();
}
