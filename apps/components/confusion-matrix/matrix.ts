/** Counts by (true, predicted) class and what is read from them. */

export interface ConfusionCounts {
  readonly classes: number;
  /** Row-major: entry truth · classes + predicted. */
  readonly counts: ArrayLike<number>;
}

/** @throws RangeError where a label is no class */
export function countConfusion(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): ConfusionCounts {
  const counts = new Uint32Array(classes * classes);
  for (let i = 0; i < truth.length; i++) {
    const [t, p] = [truth[i] as number, predicted[i] as number];
    if (!(t >= 0 && t < classes && p >= 0 && p < classes))
      throw new RangeError(`label (${t}, ${p}) at ${i} is no pair of ${classes} classes`);
    const at = t * classes + p;
    counts[at] = (counts[at] as number) + 1;
  }
  return { classes, counts };
}

export function rowTotals({ classes, counts }: ConfusionCounts): number[] {
  return Array.from({ length: classes }, (_, t) => {
    let sum = 0;
    for (let p = 0; p < classes; p++) sum += counts[t * classes + p] as number;
    return sum;
  });
}

/** Shares of the row's total; 0 in a row without examples. */
export function rowShares(matrix: ConfusionCounts): Float64Array {
  const totals = rowTotals(matrix);
  return Float64Array.from({ length: matrix.classes ** 2 }, (_, i) => {
    const total = totals[Math.floor(i / matrix.classes)] as number;
    return total > 0 ? (matrix.counts[i] as number) / total : 0;
  });
}

/** Differences of row shares, `matrix` minus `other`: positive where `matrix` predicts the class more often. */
export function shareDifference(matrix: ConfusionCounts, other: ConfusionCounts): Float64Array {
  const b = rowShares(other);
  return rowShares(matrix).map((share, i) => share - (b[i] as number));
}

/** Share of the diagonal, NaN for an empty matrix. */
export function accuracy(matrix: ConfusionCounts): number {
  let [right, all] = [0, 0];
  for (let i = 0; i < matrix.classes ** 2; i++) {
    all += matrix.counts[i] as number;
    if (i % (matrix.classes + 1) === 0) right += matrix.counts[i] as number;
  }
  return right / all;
}
