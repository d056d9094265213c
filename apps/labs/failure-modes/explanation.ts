/** Explanations as the page draws them. */

/** Class with the largest score, and its probability. */
export function verdict(scores: readonly number[]): { readonly predicted: number; readonly probability: number } {
  const top = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
  return { predicted: scores.indexOf(top), probability: 1 / total };
}
