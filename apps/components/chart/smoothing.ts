/**
 * Exponential moving average without the bias of its zero start: s ← w s + (1 − w) y, ŷ = s / (1 − w^t), as in Adam
 * (Kingma & Ba 2015, §3). Values that are not finite are left out and give NaN at their place.
 * @param weight 0 ≤ w < 1; 0 copies
 */
export function smooth(y: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(y.length);
  let sum = 0;
  let bias = 1;
  for (let i = 0; i < y.length; i++) {
    const value = y[i] as number;
    if (!Number.isFinite(value)) {
      out[i] = Number.NaN;
      continue;
    }
    sum = weight * sum + (1 - weight) * value;
    bias *= weight;
    out[i] = sum / (1 - bias);
  }
  return out;
}

/** Index of the smallest (or largest) finite value, -1 where there is none. */
export function bestIndex(y: ArrayLike<number>, goal: 'min' | 'max'): number {
  let best = -1;
  for (let i = 0; i < y.length; i++) {
    const value = y[i] as number;
    if (!Number.isFinite(value)) continue;
    if (best < 0 || (goal === 'min' ? value < (y[best] as number) : value > (y[best] as number))) best = i;
  }
  return best;
}
