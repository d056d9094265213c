/** Nearest neighbours of all points, block by block on the device, and the measure of labels built on them. */
import { ArgumentError, ConfigError, kindOf } from '../errors.ts';
import { type AffinityParams, tsneDistances } from '../kernels/tsne-affinities.ts';
import { run } from '../ops/run.ts';
import { emptyTensor, type Tensor, tensor } from '../tensor.ts';
import { checkPoints, rescaled } from './points.ts';

/** Points as rows, padded with zero coordinates to a multiple of 4, as the distance kernel wants them. */
export function paddedPoints(points: Float32Array, N: number): Tensor {
  const D = points.length / N;
  const padded = Math.ceil(D / 4) * 4;
  const rows = new Float32Array(N * padded);
  for (let i = 0; i < N; i++) rows.set(points.subarray(i * D, (i + 1) * D), i * padded);
  return tensor(rows, [N, padded]);
}

/** Entries of a row that the affinity kernels expect for `count` neighbours. */
export const strideOf = (count: number): number => Math.ceil(count / 8) * 8;

/** Rows of squared distances: entry j of row i at `(i - firstRow) * stride + j`; negative for the point itself. */
export interface DistanceBlock {
  readonly firstRow: number;
  readonly rows: number;
  readonly stride: number;
  readonly values: Float32Array<ArrayBuffer>;
  /** The same numbers on the device, [rows, stride]; `eachDistanceBlock` disposes it unless the visitor keeps it. */
  readonly tensor: Tensor;
}

/**
 * Squared distances of every point to all points, in blocks of rows: memory stays bounded and no kernel runs long.
 * @param x [N, D] from `paddedPoints`
 * @param visit returns true to keep the block's tensor, which it then owns
 * @param blockElements distances in a block, about
 */
export async function eachDistanceBlock(
  x: Tensor,
  visit: (block: DistanceBlock) => unknown,
  blockElements = 2 ** 20,
): Promise<void> {
  const [N, D] = x.shape as [number, number];
  const stride = strideOf(N);
  const blockRows = Math.max(8, Math.floor(blockElements / stride / 8) * 8);
  for (let firstRow = 0; firstRow < N; firstRow += blockRows) {
    const rows = Math.min(blockRows, N - firstRow);
    const distance = emptyTensor([rows, stride], 'distances', 'f32', x.device);
    const params: AffinityParams = { N, D, firstRow, rows, stride, perplexity: 0 };
    run(tsneDistances, { x, distance }, params);
    const kept = (await visit({ firstRow, rows, stride, values: await distance.data(), tensor: distance })) === true;
    if (!kept) distance.dispose();
  }
}

/** Indices of the k smallest of `distance` that are not negative, nearest first; ties by index. */
export function nearestOf(distance: Float32Array, k: number): Uint32Array {
  // A heap of the k best so far with the worst on top.
  const index = new Uint32Array(k);
  let size = 0;
  const worse = (a: number, b: number) => {
    const [da, db] = [distance[a] as number, distance[b] as number];
    return da > db || (da === db && a > b);
  };
  const sink = (from: number) => {
    let at = from;
    for (;;) {
      let largest = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < size && worse(index[child] as number, index[largest] as number)) largest = child;
      }
      if (largest === at) return;
      [index[at], index[largest]] = [index[largest] as number, index[at] as number];
      at = largest;
    }
  };
  let bound = Number.POSITIVE_INFINITY;
  for (let j = 0; j < distance.length; j++) {
    const d = distance[j] as number;
    if (d < 0 || d >= bound) continue;
    if (size < k) {
      index[size++] = j;
      if (size < k) continue;
      for (let at = k >> 1; at >= 0; at--) sink(at);
    } else {
      index[0] = j;
      sink(0);
    }
    bound = distance[index[0] as number] as number;
  }
  return index.slice(0, size).sort((a, b) => (worse(a, b) ? 1 : -1));
}

/**
 * The k nearest neighbours of every point, [N, k], nearest first.
 * @param points [N, D]
 * @throws ShapeError or ConfigError for points that are none; ConfigError unless k < N
 */
export async function nearestNeighbours(points: Float32Array, N: number, k: number): Promise<Uint32Array> {
  checkPoints('nearestNeighbours', points, N);
  if (!(Number.isInteger(k) && k >= 1 && k < N)) throw new ConfigError('k', `${k} must be a whole number from 1 to ${N - 1}.`);
  const x = paddedPoints(rescaled(points).points, N);
  const all = new Uint32Array(N * k);
  await eachDistanceBlock(x, ({ firstRow, rows, stride, values }) => {
    for (let row = 0; row < rows; row++) {
      all.set(nearestOf(values.subarray(row * stride, row * stride + N), k), (firstRow + row) * k);
    }
  });
  x.dispose();
  return all;
}

/** Share of points whose label is the majority label of their k neighbours (ties: the smallest label). */
export function neighbourAgreement(neighbours: Uint32Array, labels: ArrayLike<number>, k: number): number {
  const N = neighbours?.length / k;
  if (!(Number.isInteger(k) && k >= 1)) throw new ConfigError('k', `it must be a whole number of at least 1, not ${kindOf(k)}.`);
  if (!Number.isInteger(N) || !(labels?.length >= N)) {
    throw new ArgumentError(
      'neighbourAgreement',
      `it takes ${k} neighbours and a label for each point, not ${kindOf(neighbours)} and ${kindOf(labels)}`,
    );
  }
  let classes = 1;
  for (let i = 0; i < labels.length; i++) classes = Math.max(classes, (labels[i] as number) + 1);
  const votes = new Uint32Array(classes);
  let hits = 0;
  for (let i = 0; i < N; i++) {
    votes.fill(0);
    for (let n = 0; n < k; n++) {
      const label = labels[neighbours[i * k + n] as number] as number;
      votes[label] = (votes[label] as number) + 1;
    }
    if (votes.indexOf(votes.reduce((a, b) => Math.max(a, b), 0)) === labels[i]) hits++;
  }
  return hits / N;
}

/** Share of each point's k neighbours in one space that are among its k neighbours in another, averaged; [N, k] each. */
export function neighbourOverlap(a: Uint32Array, b: Uint32Array, k: number): number {
  let shared = 0;
  for (let i = 0; i < a.length; i += k) {
    const own = new Set(a.subarray(i, i + k));
    for (let n = 0; n < k; n++) if (own.has(b[i + n] as number)) shared++;
  }
  return a.length === 0 ? 0 : shared / a.length;
}
