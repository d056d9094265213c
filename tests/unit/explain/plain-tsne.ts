/** t-SNE as a student would write it, in double precision: what the engine's is compared with. */
import type { TsneSchedule } from '../../../engine/explain/tsne.ts';

export const squaredDistances = (points: ArrayLike<number>, N: number): number[][] => {
  const D = points.length / N;
  return Array.from({ length: N }, (_, i) =>
    Array.from({ length: N }, (_, j) => {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += ((points[i * D + d] as number) - (points[j * D + d] as number)) ** 2;
      return sum;
    }),
  );
};

const at = (rows: number[][], i: number, j: number) => (rows[i] as number[])[j] as number;

/** p_{j|i} by bisection on log β over a wide interval. */
function conditional(distance: number[], i: number, perplexity: number): number[] {
  const smallest = Math.min(...distance.filter((_, j) => j !== i));
  const rowFor = (beta: number) => {
    const e = distance.map((d, j) => (j === i ? 0 : Math.exp(-beta * (d - smallest))));
    const z = e.reduce((a, b) => a + b, 0);
    return e.map((value) => value / z);
  };
  let [low, high] = [-60, 60];
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    const entropy = rowFor(Math.exp(middle)).reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
    if (entropy > Math.log(perplexity)) low = middle;
    else high = middle;
  }
  return rowFor(Math.exp((low + high) / 2));
}

export function plainJoint(points: ArrayLike<number>, N: number, perplexity: number): number[][] {
  const p = squaredDistances(points, N).map((row, i) => conditional(row, i, perplexity));
  return p.map((row, i) => row.map((value, j) => (value + at(p, j, i)) / (2 * N)));
}

export function plainDivergence(p: number[][], y: ArrayLike<number>): number {
  const N = p.length;
  const w = squaredDistances(y, N).map((row, i) => row.map((d, j) => (i === j ? 0 : 1 / (1 + d))));
  const Z = w.flat().reduce((a, b) => a + b, 0);
  let sum = 0;
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) if (at(p, i, j) > 0) sum += at(p, i, j) * Math.log((at(p, i, j) * Z) / at(w, i, j));
  }
  return sum;
}

/** Equation 5 of the paper, with P multiplied by the exaggeration. */
export function plainGradient(p: number[][], y: ArrayLike<number>, exaggeration = 1): number[] {
  const N = p.length;
  const w = squaredDistances(y, N).map((row, i) => row.map((d, j) => (i === j ? 0 : 1 / (1 + d))));
  const Z = w.flat().reduce((a, b) => a + b, 0);
  return Array.from({ length: 2 * N }, (_, c) => {
    const i = c >> 1;
    let sum = 0;
    for (let j = 0; j < N; j++) {
      const difference = (y[c] as number) - (y[2 * j + (c & 1)] as number);
      sum += 4 * (exaggeration * at(p, i, j) - at(w, i, j) / Z) * difference * at(w, i, j);
    }
    return sum;
  });
}

export function plainTsne(
  p: number[][],
  start: ArrayLike<number>,
  schedule: TsneSchedule,
  iterations: number,
  rate: (iteration: number) => number,
): number[] {
  const y = Array.from(start);
  const velocity = y.map(() => 0);
  const gain = y.map(() => 1);
  for (let t = 0; t < iterations; t++) {
    const g = plainGradient(p, y, t < schedule.exaggerated ? schedule.exaggeration : 1);
    const momentum = t < schedule.momentumSwitch ? schedule.earlyMomentum : schedule.lateMomentum;
    for (let c = 0; c < y.length; c++) {
      const differ = Math.sign(g[c] as number) !== Math.sign(velocity[c] as number);
      gain[c] = Math.max(differ ? (gain[c] as number) + 0.2 : (gain[c] as number) * 0.8, 0.01);
      velocity[c] = momentum * (velocity[c] as number) - rate(t) * (gain[c] as number) * (g[c] as number);
      y[c] = (y[c] as number) + (velocity[c] as number);
    }
    for (const d of [0, 1]) {
      const centre = y.reduce((sum, value, c) => sum + (c % 2 === d ? value : 0), 0) / p.length;
      for (let c = d; c < y.length; c += 2) y[c] = (y[c] as number) - centre;
    }
  }
  return y;
}
