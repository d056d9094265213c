/** Scales of attribution maps: where a colour map ends, for one map or for all of them. */

export interface AttributionMap {
  /** Of its own; a slot `caption-<id>` stands below the map. */
  readonly id: string;
  /** Method, network and picture, as far as they differ: `integrated gradients, tainted network`. */
  readonly title: string;
  /** Row-major, [height, width]: positive speaks for the class. */
  readonly values: ArrayLike<number>;
  readonly width: number;
}

/** Which maps share a scale. */
export type ScaleMode = 'shared' | 'own';

/**
 * The end of the scale of some maps: larger magnitudes hold no more than 1 − `kept` of the total, so that single outliers do not leave the
 * rest pale (Captum's rule for drawing, with `kept` 0.98). With `kept` 1 it is the largest magnitude.
 * @param kept share of the sum of magnitudes, in (0, 1]
 * @returns 0 where there are no finite values other than 0
 */
export function scaleEnd(maps: readonly Pick<AttributionMap, 'values'>[], kept = 1): number {
  const magnitudes = Float64Array.from(
    maps.flatMap(({ values }) => Array.from(values, Math.abs).filter((value) => Number.isFinite(value))),
  ).sort();
  const largest = magnitudes.at(-1) ?? 0;
  if (kept >= 1) return largest;
  const total = magnitudes.reduce((sum, value) => sum + value, 0);
  let running = 0;
  return (
    magnitudes.find((value) => {
      running += value;
      return running >= kept * total;
    }) ?? largest
  );
}

/** The end of the scale of each map. */
export function limitsOf(maps: readonly AttributionMap[], mode: ScaleMode, kept: number): number[] {
  if (mode === 'own') return maps.map((map) => scaleEnd([map], kept));
  const end = scaleEnd(maps, kept);
  return maps.map(() => end);
}
