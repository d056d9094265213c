/** What one pass over all distances between points tells: neighbours, ranks, and what the affinities of t-SNE are made of. */
import { ConfigError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { eachDistanceBlock, nearestOf, paddedPoints, strideOf } from './neighbours.ts';
import { checkPoints, rescaled } from './points.ts';

/** Up to this many points every other point is a neighbour; beyond, the 3·perplexity nearest are, as in scikit-learn. */
export const ALL_PAIRS = 3000;
/** Rows for which the ranks of all points are kept, at most: what trustworthiness is measured on. */
const RANKED_ROWS = 3000;
/** Ranks are kept in 16 bits. */
const MOST_POINTS = 65_536;

export interface NeighbourhoodOptions {
  /** The largest perplexity that will be asked for where not all pairs are kept. */
  readonly maxPerplexity?: number;
  /** Nearest neighbours to keep at least. */
  readonly neighbours?: number;
  /** Keeps all distances on the device; default: up to ALL_PAIRS points. */
  readonly dense?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the share of the rows that is done. */
  readonly onProgress?: (share: number) => void;
}

/** A block of rows of distances that stays on the device. */
export interface KeptRows {
  readonly firstRow: number;
  readonly rows: number;
  readonly distance: Tensor;
}

/**
 * Position of every point among the neighbours of one, 1 for the nearest; equal distances share the better rank.
 * @param distance one row; negative entries (the point itself) rank last
 */
export function ranksOf(distance: Float32Array): { ranks: Uint16Array<ArrayBuffer>; order: Uint16Array<ArrayBuffer> } {
  const N = distance.length;
  // Bits of non-negative floats sort like the floats; with the index below them one native sort does it all.
  const bits = new Uint32Array(distance.buffer, distance.byteOffset, N);
  const keys = new Float64Array(N);
  for (let j = 0; j < N; j++) keys[j] = (bits[j] as number) * MOST_POINTS + j;
  keys.sort();
  const ranks = new Uint16Array(N);
  const order = new Uint16Array(N);
  let before = -1;
  let rank = 0;
  for (let position = 0; position < N; position++) {
    const key = keys[position] as number;
    const own = Math.floor(key / MOST_POINTS);
    const j = key - own * MOST_POINTS;
    if (own !== before) rank = position + 1;
    before = own;
    ranks[j] = Math.min(rank, MOST_POINTS - 1);
    order[position] = j;
  }
  return { ranks, order };
}

export class Neighbourhoods {
  readonly N: number;
  /** Neighbours kept of each point. */
  readonly kept: number;
  /** Power of two by which coordinates were multiplied before distances were taken; 1 for coordinates of ordinary size. */
  readonly scale: number;
  /** Their indices, [N, kept], nearest first, and squared distances of the scaled points. */
  readonly nearest: Uint32Array<ArrayBuffer>;
  readonly squaredDistance: Float32Array<ArrayBuffer>;
  /** All distances, on the device; empty where they are not kept. */
  readonly rows: KeptRows[] = [];
  readonly #rankedRows: number[] = [];
  readonly #ranks: Uint16Array[] = [];

  private constructor(N: number, kept: number, scale: number) {
    this.N = N;
    this.scale = scale;
    this.kept = kept;
    this.nearest = new Uint32Array(N * kept);
    this.squaredDistance = new Float32Array(N * kept);
  }

  /**
   * @param points [N, D]
   * @throws ConfigError for fewer than 2 or more than 65,536 points, or a coordinate that is not finite; ShapeError for another number
   *   of coordinates
   */
  static async of(points: Float32Array, N: number, options: NeighbourhoodOptions = {}): Promise<Neighbourhoods> {
    const { maxPerplexity = 100, neighbours = 10, dense = N <= ALL_PAIRS } = options;
    if (!(N >= 2 && N <= MOST_POINTS)) throw new ConfigError('points', `${N} must be from 2 to ${MOST_POINTS}.`);
    checkPoints('Neighbourhoods', points, N);
    const { points: scaled, scale } = rescaled(points);
    const wanted = dense ? neighbours : Math.max(neighbours, Math.floor(3 * maxPerplexity) + 1);
    const made = new Neighbourhoods(N, Math.min(N - 1, wanted), scale);
    // Rows spread evenly over the points, so that sets sorted by class are sampled fairly.
    const spacing = Math.max(1, Math.ceil(N / RANKED_ROWS));
    const x = paddedPoints(scaled, N);
    try {
      await eachDistanceBlock(x, (block) => {
        options.signal?.throwIfAborted();
        for (let row = 0; row < block.rows; row++) {
          const distance = block.values.subarray(row * block.stride, row * block.stride + N);
          made.#visit(block.firstRow + row, distance, (block.firstRow + row) % spacing === 0);
        }
        options.onProgress?.((block.firstRow + block.rows) / N);
        if (dense) made.rows.push({ firstRow: block.firstRow, rows: block.rows, distance: block.tensor });
        return dense;
      });
    } catch (error) {
      made.dispose();
      throw error;
    } finally {
      x.dispose();
    }
    return made;
  }

  #visit(i: number, distance: Float32Array, ranked: boolean): void {
    const { kept } = this;
    let nearest: ArrayLike<number>;
    if (ranked) {
      const { ranks, order } = ranksOf(distance);
      this.#rankedRows.push(i);
      this.#ranks.push(ranks);
      nearest = order;
    } else nearest = nearestOf(distance, kept);
    for (let k = 0; k < kept; k++) {
      this.nearest[i * kept + k] = nearest[k] as number;
      this.squaredDistance[i * kept + k] = distance[nearest[k] as number] as number;
    }
  }

  /** The k nearest neighbours of every point, [N, k], nearest first; k at most `kept`. */
  neighbours(k: number): Uint32Array<ArrayBuffer> {
    if (!(k >= 1 && k <= this.kept))
      throw new ConfigError('k', `${k} must be from 1 to the ${this.kept} neighbours that are kept.`);
    const all = new Uint32Array(this.N * k);
    for (let i = 0; i < this.N; i++) all.set(this.nearest.subarray(i * this.kept, i * this.kept + k), i * k);
    return all;
  }

  /**
   * Trustworthiness of an embedding (Venna & Kaski 2001): T(k) = 1 − 2/(nk(2n − 3k − 1)) Σ_i Σ_{j ∈ N^k_i} max(0, r(i, j) − k), where
   * N^k_i are the k neighbours in the embedding and r(i, j) is the rank of j among the neighbours of i in the input space (1 = nearest).
   * Past 3000 points the sum is estimated from evenly spaced points i.
   * @param embedded [N, k]
   */
  trustworthiness(embedded: Uint32Array, k: number): number {
    const { N } = this;
    if (!(k >= 1 && 2 * N - 3 * k - 1 > 0))
      throw new ConfigError('k', `${k} must be at least 1 and small against the ${N} points.`);
    let penalty = 0;
    this.#rankedRows.forEach((i, at) => {
      const ranks = this.#ranks[at] as Uint16Array;
      for (let n = 0; n < k; n++) penalty += Math.max(0, (ranks[embedded[i * k + n] as number] as number) - k);
    });
    return 1 - (2 / (this.#rankedRows.length * k * (2 * N - 3 * k - 1))) * penalty;
  }

  /** Entries of a row of affinities that these neighbourhoods give. */
  strideFor(perplexity: number): number {
    return strideOf(this.rows.length > 0 ? this.N : Math.min(this.kept, Math.floor(3 * perplexity) + 1));
  }

  dispose(): void {
    for (const { distance } of this.rows.splice(0)) distance.dispose();
  }
}
