/** Points (x, t) for regression: inputs and targets of equal length. */
export interface PointSet {
  readonly x: Float32Array;
  readonly t: Float32Array;
}

/**
 * The eleven points of the regression exercise: x = 0, 0.1, …, 1, targets near one period of a sine with a rising trend (mean −0.003,
 * variance 0.481). Few enough for ten hidden units to pass through all of them, which is what regularisation has to prevent.
 */
export function elevenPoints(): PointSet {
  return {
    x: Float32Array.from({ length: 11 }, (_, n) => n / 10),
    t: Float32Array.of(0.15, -0.16, -0.61, -0.86, -1.02, -0.44, 0.16, 0.05, 0.45, 1.39, 0.86),
  };
}

/**
 * Splits points into those that train and those that are held out.
 *
 * @param points all points
 * @param held inputs of the points to hold out, matched to within 1e-6 (the exercise: 0.1, 0.4, 0.7)
 */
export function holdOut(points: PointSet, held: readonly number[]): { train: PointSet; validation: PointSet } {
  const isHeld = (x: number): boolean => held.some((value) => Math.abs(value - x) < 1e-6);
  const pick = (wanted: boolean): PointSet => {
    const indices = [...points.x.keys()].filter((n) => isHeld(points.x[n] as number) === wanted);
    return {
      x: Float32Array.from(indices, (n) => points.x[n] as number),
      t: Float32Array.from(indices, (n) => points.t[n] as number),
    };
  };
  return { train: pick(false), validation: pick(true) };
}
