/** Explanations as the page draws them. */

/** Magnitudes whose larger ones hold this share of the total set the end of the scale; the rest are outliers. */
const KEPT = 0.98;

/**
 * Captum's rule for drawing: |a| divided by the value at which the sorted magnitudes add up to 98 % of their total, at most 1.
 */
export function forDisplay(map: Float32Array): Float32Array<ArrayBuffer> {
  const magnitudes = map.map(Math.abs);
  const sorted = magnitudes.slice().sort();
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let running = 0;
  const end = sorted.find((value) => {
    running += value;
    return running >= KEPT * total;
  });
  return Float32Array.from(magnitudes, (value) => (end ? Math.min(1, value / end) : 0));
}

/** Class with the largest score, and its probability. */
export function verdict(scores: readonly number[]): { readonly predicted: number; readonly probability: number } {
  const top = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
  return { predicted: scores.indexOf(top), probability: 1 / total };
}
