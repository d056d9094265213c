/** Nearest neighbours of all points, block by block on the device, and the two measures of an embedding built on them. */
import { type AffinityParams, tsneDistances } from '../kernels/tsne.ts';
import { run } from '../ops/run.ts';
import { emptyTensor, type Tensor, tensor } from '../tensor.ts';

/** Points as rows, padded with zero coordinates to a multiple of 4, as the distance kernel wants them. */
export function paddedPoints(points: Float32Array, N: number): Tensor {
  const D = points.length / N;
  const padded = Math.ceil(D / 4) * 4;
  const rows = new Float32Array(N * padded);
  for (let i = 0; i < N; i++) rows.set(points.subarray(i * D, (i + 1) * D), i * padded);
  return tensor(rows, [N, padded]);
}

/**
 * Squared distances of every point to all points, in blocks of rows.
 * @param x [N, D] from `paddedPoints`
 * @param visit called with the first row of a block and its distances [rows, N]
 */
export async function eachDistanceBlock(
  x: Tensor,
  visit: (firstRow: number, rows: number, distance: Float32Array<ArrayBuffer>) => void | Promise<void>,
  blockElements = 2 ** 20,
): Promise<void> {
  const [N, D] = x.shape as [number, number];
  const blockRows = Math.max(1, Math.min(N, Math.floor(blockElements / N)));
  for (let firstRow = 0; firstRow < N; firstRow += blockRows) {
    const rows = Math.min(blockRows, N - firstRow);
    const distance = emptyTensor([rows, N], 'distances', 'f32', x.device);
    const params: AffinityParams = { N, D, firstRow, rows, K: N, perplexity: 0 };
    run(tsneDistances, { x, distance }, params);
    const values = await distance.data();
    distance.dispose();
    await visit(firstRow, rows, values);
  }
}

/** Indices of the k smallest of `distance` except `self`, nearest first; ties by index. */
export function nearestOf(distance: Float32Array, self: number, k: number): Uint32Array {
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
  for (let j = 0; j < distance.length; j++) {
    if (j === self) continue;
    if (size < k) {
      index[size++] = j;
      if (size === k) for (let at = k >> 1; at >= 0; at--) sink(at);
    } else if (worse(index[0] as number, j)) {
      index[0] = j;
      sink(0);
    }
  }
  return index.slice(0, size).sort((a, b) => (worse(a, b) ? 1 : -1));
}

/** The k nearest neighbours of every point, [N, k], nearest first. @param points [N, D] */
export async function nearestNeighbours(points: Float32Array, N: number, k: number): Promise<Uint32Array> {
  const x = paddedPoints(points, N);
  const all = new Uint32Array(N * k);
  await eachDistanceBlock(x, (firstRow, rows, distance) => {
    for (let row = 0; row < rows; row++) {
      all.set(nearestOf(distance.subarray(row * N, (row + 1) * N), firstRow + row, k), (firstRow + row) * k);
    }
  });
  x.dispose();
  return all;
}

/** Share of points whose label is the majority label of their k neighbours (ties: the smallest label). */
export function neighbourAgreement(neighbours: Uint32Array, labels: ArrayLike<number>, k: number): number {
  const N = neighbours.length / k;
  let hits = 0;
  for (let i = 0; i < N; i++) {
    const votes = new Map<number, number>();
    for (let n = 0; n < k; n++) {
      const label = labels[neighbours[i * k + n] as number] as number;
      votes.set(label, (votes.get(label) ?? 0) + 1);
    }
    const [winner] = [...votes].sort(([a, va], [b, vb]) => vb - va || a - b)[0] as [number, number];
    if (winner === labels[i]) hits++;
  }
  return hits / N;
}

/**
 * Trustworthiness of an embedding (Venna & Kaski 2001): T(k) = 1 − 2/(nk(2n − 3k − 1)) Σ_i Σ_{j ∈ N^k_i} max(0, r(i, j) − k), where N^k_i
 * are the k neighbours in the embedding and r(i, j) is the rank of j among the neighbours of i in the input space (1 = nearest).
 */
export async function trustworthiness(points: Float32Array, N: number, embedded: Uint32Array, k: number): Promise<number> {
  const x = paddedPoints(points, N);
  let penalty = 0;
  await eachDistanceBlock(x, (firstRow, rows, distance) => {
    for (let row = 0; row < rows; row++) {
      const i = firstRow + row;
      const own = distance.subarray(row * N, (row + 1) * N);
      for (let n = 0; n < k; n++) {
        const j = embedded[i * k + n] as number;
        let rank = 1;
        for (let other = 0; other < N; other++) {
          if (other !== i && other !== j && (own[other] as number) < (own[j] as number)) rank++;
        }
        penalty += Math.max(0, rank - k);
      }
    }
  });
  x.dispose();
  return 1 - (2 / (N * k * (2 * N - 3 * k - 1))) * penalty;
}
