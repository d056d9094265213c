/** The joint affinities P of t-SNE (van der Maaten & Hinton, JMLR 9, 2008, §3.1), whole or as sparse rows. */
import { ConfigError } from '../errors.ts';
import { tsneSearch, tsneSymmetrise } from '../kernels/tsne-affinities.ts';
import { scope } from '../memory.ts';
import { run } from '../ops/run.ts';
import { emptyTensor, type Tensor, tensor } from '../tensor.ts';
import type { Neighbourhoods } from './neighbourhoods.ts';

/** p_ij for all pairs, on the device: joint [N, stride], symmetric, zero on the diagonal and behind the Nth entry. */
export interface DenseAffinities {
  readonly kind: 'dense';
  readonly N: number;
  readonly perplexity: number;
  readonly joint: Tensor;
  dispose(): void;
}

/** p_ij of stored pairs, on the device: row i has the entries rowStart[i] … rowStart[i + 1] of `neighbour` and `p`. */
export interface SparseAffinities {
  readonly kind: 'sparse';
  readonly N: number;
  readonly perplexity: number;
  readonly rowStart: Tensor;
  readonly neighbour: Tensor;
  readonly p: Tensor;
  dispose(): void;
}

export type Affinities = DenseAffinities | SparseAffinities;

/**
 * Searches each point's width for the given perplexity and makes the affinities symmetric.
 * @throws ConfigError for a perplexity that so many neighbours cannot have
 */
export async function affinitiesOf(space: Neighbourhoods, perplexity: number): Promise<Affinities> {
  const { N } = space;
  const dense = space.rows.length > 0;
  const others = dense ? N - 1 : space.kept;
  if (!(perplexity >= 1 && perplexity <= others && (dense || 3 * perplexity <= others + 1 || others === N - 1))) {
    throw new ConfigError(
      'perplexity',
      `${perplexity} must be at least 1 and at most ${dense || others === N - 1 ? others : Math.floor(others / 3)} for ${N} points.`,
    );
  }
  return dense ? denseAffinities(space, perplexity) : sparseAffinities(space, perplexity);
}

function denseAffinities(space: Neighbourhoods, perplexity: number): DenseAffinities {
  const { N } = space;
  const stride = space.strideFor(perplexity);
  const joint = scope(() => {
    const conditional = emptyTensor([N, stride], 'tsneSearch');
    const beta = emptyTensor([N], 'tsneSearch');
    for (const { firstRow, rows, distance } of space.rows) {
      run(tsneSearch, { near: distance, p: conditional, beta }, { N, D: 0, firstRow, rows, stride, perplexity });
    }
    const made = emptyTensor([N, stride], 'tsneSymmetrise');
    run(tsneSymmetrise, { conditional, joint: made }, { N, stride });
    return made;
  });
  return { kind: 'dense', N, perplexity, joint, dispose: () => joint.dispose() };
}

async function sparseAffinities(space: Neighbourhoods, perplexity: number): Promise<SparseAffinities> {
  const { N, kept } = space;
  const K = Math.min(kept, Math.floor(3 * perplexity) + 1);
  const stride = space.strideFor(perplexity);
  const near = new Float32Array(N * stride).fill(-1);
  for (let i = 0; i < N; i++) near.set(space.squaredDistance.subarray(i * kept, i * kept + K), i * stride);
  const conditional = scope(() => {
    const p = emptyTensor([N, stride], 'tsneSearch');
    const beta = emptyTensor([N], 'tsneSearch');
    run(tsneSearch, { near: tensor(near, [N, stride]), p, beta }, { N, D: 0, firstRow: 0, rows: N, stride, perplexity });
    return p;
  });
  const p = await conditional.data();
  conditional.dispose();
  const joint = symmetricRows(space.neighbours(K), p, N, K, stride);
  const tensors = {
    rowStart: tensor(joint.rowStart, [N + 1]),
    neighbour: tensor(joint.neighbour, [joint.neighbour.length]),
    p: tensor(joint.p, [joint.p.length]),
  };
  const dispose = () => {
    for (const made of Object.values(tensors)) made.dispose();
  };
  return { kind: 'sparse', N, perplexity, ...tensors, dispose };
}

interface SparseRows {
  readonly rowStart: Uint32Array<ArrayBuffer>;
  readonly neighbour: Uint32Array<ArrayBuffer>;
  readonly p: Float32Array<ArrayBuffer>;
}

/**
 * p_ij = (p_{j|i} + p_{i|j}) / 2N as sparse rows with ascending neighbours.
 * @param neighbours [N, K]
 * @param conditional p_{j|i}, [N, stride]
 */
export function symmetricRows(
  neighbours: Uint32Array,
  conditional: Float32Array,
  N: number,
  K: number,
  stride: number,
): SparseRows {
  // Both (i, j) and (j, i) for each conditional entry, sorted by row: counting sort, filled in the order of i.
  const starts = new Uint32Array(N + 1);
  for (let i = 0; i < N; i++) {
    starts[i + 1] = (starts[i + 1] as number) + K;
    for (let k = 0; k < K; k++) {
      const j = neighbours[i * K + k] as number;
      starts[j + 1] = (starts[j + 1] as number) + 1;
    }
  }
  for (let i = 0; i < N; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
  const next = starts.slice(0, N);
  const columns = new Uint32Array(2 * N * K);
  const halves = new Float32Array(2 * N * K);
  const place = (row: number, column: number, value: number) => {
    const at = next[row] as number;
    columns[at] = column;
    halves[at] = value;
    next[row] = at + 1;
  };
  for (let i = 0; i < N; i++) {
    for (let k = 0; k < K; k++) {
      const j = neighbours[i * K + k] as number;
      const half = (conditional[i * stride + k] as number) / (2 * N);
      place(i, j, half);
      place(j, i, half);
    }
  }
  // Per row: add up entries of the same column with a dense scratch row, then write them in ascending order.
  const total = new Float32Array(N);
  const seen = new Uint32Array(N).fill(N);
  const rowStart = new Uint32Array(N + 1);
  const neighbour = new Uint32Array(2 * N * K);
  const p = new Float32Array(2 * N * K);
  let at = 0;
  for (let i = 0; i < N; i++) {
    const begin = at;
    for (let e = starts[i] as number; e < (starts[i + 1] as number); e++) {
      const j = columns[e] as number;
      if (seen[j] !== i) {
        seen[j] = i;
        total[j] = 0;
        neighbour[at++] = j;
      }
      total[j] = (total[j] as number) + (halves[e] as number);
    }
    neighbour.subarray(begin, at).sort();
    for (let e = begin; e < at; e++) p[e] = total[neighbour[e] as number] as number;
    rowStart[i + 1] = at;
  }
  return { rowStart, neighbour: neighbour.slice(0, at), p: p.slice(0, at) };
}
