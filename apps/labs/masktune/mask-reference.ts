/** Maps and masks by loops in double precision: what the *Verify* buttons compare the device with. */
import type { MaskRule } from '../../../engine/repair/masks.ts';
import { MAP_SIDE, SIDE } from './network.ts';

const EPSILON = 1e-8;

/** XGrad-CAM of one sample from A and G [1, h, w, C], scaled to [0, 1]: [h · w]. */
export function referenceMap(A: ArrayLike<number>, G: ArrayLike<number>, shape: readonly number[]): Float64Array {
  const [, height = 1, width = 1, channels = 1] = shape;
  const map = new Float64Array(height * width);
  for (let k = 0; k < channels; k++) {
    let [evidence, total] = [0, 0];
    for (let i = k; i < A.length; i += channels) {
      evidence += (A[i] as number) * (G[i] as number);
      total += A[i] as number;
    }
    const weight = evidence / (total + EPSILON);
    for (let cell = 0; cell < map.length; cell++) map[cell] = (map[cell] as number) + weight * (A[cell * channels + k] as number);
  }
  const positive = map.map((value) => Math.max(0, value));
  const least = Math.min(...positive);
  const most = Math.max(...positive) - least;
  return positive.map((value) => (value - least) / (most + EPSILON));
}

/** Bilinear with half-pixel centres, from 8 × 8 to 28 × 28. */
function enlarged(cells: ArrayLike<number>): Float64Array {
  const at = (d: number) => {
    const s = Math.max(0, ((d + 0.5) * MAP_SIDE) / SIDE - 0.5);
    const low = Math.floor(s);
    return { low, high: Math.min(low + 1, MAP_SIDE - 1), share: s - low };
  };
  const out = new Float64Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [v, h] = [at(y), at(x)];
      const row = (r: number) =>
        (cells[r * MAP_SIDE + h.low] as number) * (1 - h.share) + (cells[r * MAP_SIDE + h.high] as number) * h.share;
      out[y * SIDE + x] = row(v.low) * (1 - v.share) + row(v.high) * v.share;
    }
  }
  return out;
}

function percentile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (q / 100) * (sorted.length - 1);
  const low = Math.floor(at);
  const [a, b] = [sorted[low] as number, sorted[Math.min(low + 1, sorted.length - 1)] as number];
  return a + (at - low) * (b - a);
}

const meanOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** What a rule hides of one map [8 · 8]: [28 · 28]. */
export function referenceMask(map: ArrayLike<number>, rule: MaskRule, hard: boolean): Float64Array {
  if (rule.rule === 'paper') {
    const large = enlarged(map);
    const positive = large.filter((value) => value > 0);
    const mu = positive.length === 0 ? 0 : meanOf(positive);
    const sigma = positive.length === 0 ? 0 : Math.sqrt(meanOf(positive.map((value) => (value - mu) ** 2)));
    return large.map((value) => Number(value > mu + 2 * sigma));
  }
  const level =
    rule.rule === 'topK' ? percentile(map, 100 * (1 - rule.k)) : rule.rule === 'mean' ? rule.k * meanOf(map) : rule.threshold;
  const mask = enlarged(Float64Array.from(map, (value) => Number(value > level)));
  // Values of exactly ½ are rounded here, too.
  return hard ? mask.map((value) => Number(value >= 0.5 - 1e-9)) : mask;
}
