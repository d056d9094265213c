/** t-SNE (van der Maaten & Hinton, JMLR 9, 2008) on the device: perplexity search, all-pairs repulsion, incremental steps. */
import { ConfigError } from '../errors.ts';
import { type AffinityParams, tsneGradient, tsneRecentre, tsneRepulsion, tsneSearch, tsneUpdate } from '../kernels/tsne.ts';
import { scope } from '../memory.ts';
import { mean, sum } from '../ops/reduce.ts';
import { run } from '../ops/run.ts';
import { reshape } from '../ops/shape.ts';
import { Generator } from '../random.ts';
import { emptyTensor, ones, type Tensor, tensor, zeros } from '../tensor.ts';
import { eachDistanceBlock, nearestOf, paddedPoints } from './neighbours.ts';
import { principalComponents } from './pca.ts';

/** Up to this many points every other point is a neighbour; beyond, the 3·perplexity nearest are, as in scikit-learn. */
const ALL_PAIRS = 3000;

export interface TsneSchedule {
  readonly exaggeration: number;
  /** Iterations with exaggeration. */
  readonly exaggerated: number;
  readonly earlyMomentum: number;
  readonly lateMomentum: number;
  /** Iteration at which the momentum changes. */
  readonly momentumSwitch: number;
  /** Learning rate η; a function of the number of points where the recipe says so. */
  readonly learningRate: (N: number) => number;
  readonly iterations: number;
}

/** The two published recipes: the paper's (2008, §3.4) and scikit-learn's. */
export const tsneSchedules = {
  paper: {
    exaggeration: 4,
    exaggerated: 50,
    earlyMomentum: 0.5,
    lateMomentum: 0.8,
    momentumSwitch: 250,
    learningRate: () => 100,
    iterations: 1000,
  },
  'scikit-learn': {
    exaggeration: 12,
    exaggerated: 250,
    earlyMomentum: 0.5,
    lateMomentum: 0.8,
    momentumSwitch: 250,
    learningRate: (N: number) => Math.max(N / 12 / 4, 50),
    iterations: 1000,
  },
} as const satisfies Record<string, TsneSchedule>;

export interface TsneOptions {
  readonly perplexity?: number;
  readonly schedule?: TsneSchedule;
  /** 'random' draws from N(0, initScale²); 'pca' scales the first two principal components to that deviation. */
  readonly init?: 'random' | 'pca';
  readonly initScale?: number;
  readonly seed?: number;
}

/** Device tensors of one embedding. */
interface TsneState {
  readonly y: Tensor;
  readonly velocity: Tensor;
  readonly gain: Tensor;
  readonly rowStart: Tensor;
  readonly neighbour: Tensor;
  readonly p: Tensor;
  /** exaggeration, learning rate, momentum: data, so that they may change between steps */
  readonly hyper: Tensor;
  readonly gradient: Tensor;
}

/** One embedding in the plane. Make it with `Tsne.create`, then call `step()` as often as the schedule says. */
export class Tsne {
  readonly N: number;
  readonly schedule: TsneSchedule;
  /** η; may be changed while running. */
  learningRate: number;
  /** Iterations done. */
  iteration = 0;
  readonly #state: TsneState;

  private constructor(N: number, schedule: TsneSchedule, state: TsneState) {
    this.N = N;
    this.schedule = schedule;
    this.learningRate = schedule.learningRate(N);
    this.#state = state;
  }

  /**
   * Computes the affinities of `points` [N, D] and the initial embedding.
   * @param onProgress called with the share of the affinities that is done
   * @throws ConfigError for a perplexity that N points cannot have
   */
  static async create(
    points: Float32Array,
    N: number,
    options: TsneOptions = {},
    onProgress: (share: number) => void = () => {},
  ): Promise<Tsne> {
    const { perplexity = 30, schedule = tsneSchedules['scikit-learn'], init = 'random', seed = 1 } = options;
    if (!(perplexity >= 1 && perplexity < N)) {
      throw new ConfigError('perplexity', `${perplexity} must be at least 1 and less than the ${N} points.`);
    }
    const affinities = await jointAffinities(points, N, perplexity, onProgress);
    const start = await initialEmbedding(
      points,
      N,
      init,
      options.initScale ?? (schedule === tsneSchedules.paper ? 1e-2 : 1e-4),
      seed,
    );
    return new Tsne(N, schedule, {
      y: tensor(start, [N, 2]),
      velocity: zeros([N, 2]),
      gain: ones([N, 2]),
      rowStart: tensor(affinities.rowStart, [N + 1]),
      neighbour: tensor(affinities.neighbour, [affinities.neighbour.length]),
      p: tensor(affinities.p, [affinities.p.length]),
      hyper: zeros([3]),
      gradient: zeros([N, 4]),
    });
  }

  /** Enqueues one iteration. */
  step(): void {
    const { y, velocity, gain, rowStart, neighbour, p, hyper, gradient } = this.#state;
    const { N, schedule } = this;
    hyper.write([
      this.iteration < schedule.exaggerated ? schedule.exaggeration : 1,
      this.learningRate,
      this.iteration < schedule.momentumSwitch ? schedule.earlyMomentum : schedule.lateMomentum,
    ]);
    scope(() => {
      const force = emptyTensor([N, 4], 'tsneRepulsion', 'f32', y.device);
      run(tsneRepulsion, { y, force }, { N });
      const Z = sum(force, { axes: 0 });
      run(tsneGradient, { y, rowStart, neighbour, p, force, Z, hyper, gradient }, { N, entries: neighbour.size });
      run(tsneUpdate, { slope: gradient, hyper, position: y, velocity, gain }, { N });
      run(tsneRecentre, { centre: reshape(mean(y, { axes: 0 }), [2]), position: y }, { N });
    });
    this.iteration++;
  }

  /** Coordinates [N, 2]. */
  positions(): Promise<Float32Array<ArrayBuffer>> {
    return this.#state.y.data();
  }

  /** C = Σ p ln(p/q) in nats, without exaggeration, at the positions before the latest step; and the norm of its gradient. */
  async divergence(): Promise<{ divergence: number; gradientNorm: number }> {
    const rows = await this.#state.gradient.data();
    let divergence = 0;
    let squares = 0;
    for (let i = 0; i < this.N; i++) {
      squares += (rows[4 * i] as number) ** 2 + (rows[4 * i + 1] as number) ** 2;
      divergence += rows[4 * i + 2] as number;
    }
    return { divergence, gradientNorm: Math.sqrt(squares) };
  }

  dispose(): void {
    for (const made of Object.values(this.#state)) made.dispose();
  }
}

interface JointAffinities {
  readonly rowStart: Uint32Array<ArrayBuffer>;
  readonly neighbour: Uint32Array<ArrayBuffer>;
  readonly p: Float32Array<ArrayBuffer>;
}

/** p_ij = (p_{j|i} + p_{i|j}) / 2N as sparse rows (eq. 2 of the paper's §3.1). */
async function jointAffinities(
  points: Float32Array,
  N: number,
  perplexity: number,
  onProgress: (share: number) => void,
): Promise<JointAffinities> {
  const K = N <= ALL_PAIRS ? N : Math.min(N, Math.floor(3 * perplexity) + 2);
  const x = paddedPoints(points, N);
  const rows: ConditionalRow[] = [];
  await eachDistanceBlock(x, async (firstRow, count, distance) => {
    const neighbour = new Uint32Array(count * K);
    let near = distance;
    if (K === N) for (let i = 0; i < neighbour.length; i++) neighbour[i] = i % N;
    else {
      near = new Float32Array(count * K);
      for (let row = 0; row < count; row++) {
        const own = distance.subarray(row * N, (row + 1) * N);
        const nearest = nearestOf(own, firstRow + row, K);
        neighbour.set(nearest, row * K);
        nearest.forEach((j, k) => {
          near[row * K + k] = own[j] as number;
        });
      }
    }
    const p = await conditional(near, neighbour, { N, D: 4, firstRow, rows: count, K, perplexity });
    for (let row = 0; row < count; row++) {
      rows.push({ neighbour: neighbour.subarray(row * K, (row + 1) * K), p: p.subarray(row * K, (row + 1) * K) });
    }
    onProgress(rows.length / N);
  });
  x.dispose();
  return symmetrise(rows, N);
}

async function conditional(
  near: Float32Array<ArrayBuffer>,
  neighbour: Uint32Array<ArrayBuffer>,
  params: AffinityParams,
): Promise<Float32Array> {
  const p = scope(() => {
    const made = emptyTensor([params.rows, params.K], 'tsneSearch');
    const beta = emptyTensor([params.rows], 'tsneSearch');
    const shape = [params.rows, params.K];
    run(tsneSearch, { neighbourDistance: tensor(near, shape), neighbour: tensor(neighbour, shape), p: made, beta }, params);
    return made;
  });
  const values = await p.data();
  p.dispose();
  return values;
}

type ConditionalRow = { readonly neighbour: Uint32Array; readonly p: Float32Array };

/** Every point is a neighbour of every other: row i holds all j ≠ i. */
function symmetriseDense(rows: readonly ConditionalRow[], N: number): JointAffinities {
  const rowStart = Uint32Array.from({ length: N + 1 }, (_, i) => i * (N - 1));
  const neighbour = new Uint32Array(N * (N - 1));
  const p = new Float32Array(N * (N - 1));
  let at = 0;
  for (let i = 0; i < N; i++) {
    const own = (rows[i] as ConditionalRow).p;
    for (let j = 0; j < N; j++) {
      if (j === i) continue;
      neighbour[at] = j;
      p[at++] = ((own[j] as number) + ((rows[j] as ConditionalRow).p[i] as number)) / (2 * N);
    }
  }
  return { rowStart, neighbour, p };
}

function symmetrise(rows: readonly ConditionalRow[], N: number): JointAffinities {
  if (rows[0]?.p.length === N) return symmetriseDense(rows, N);
  const joint: Map<number, number>[] = Array.from({ length: N }, () => new Map());
  const deposit = (i: number, j: number, value: number) => {
    const row = joint[i] as Map<number, number>;
    row.set(j, (row.get(j) ?? 0) + value);
  };
  rows.forEach(({ neighbour, p }, i) => {
    neighbour.forEach((j, k) => {
      if (j === i) return;
      const half = (p[k] as number) / (2 * N);
      deposit(i, j, half);
      deposit(j, i, half);
    });
  });
  const rowStart = new Uint32Array(N + 1);
  joint.forEach((row, i) => {
    rowStart[i + 1] = (rowStart[i] as number) + row.size;
  });
  const entries = rowStart[N] as number;
  const neighbour = new Uint32Array(entries);
  const p = new Float32Array(entries);
  joint.forEach((row, i) => {
    let at = rowStart[i] as number;
    for (const j of [...row.keys()].sort((a, b) => a - b)) {
      neighbour[at] = j;
      p[at++] = row.get(j) as number;
    }
  });
  return { rowStart, neighbour, p };
}

async function initialEmbedding(
  points: Float32Array,
  N: number,
  init: 'random' | 'pca',
  scale: number,
  seed: number,
): Promise<Float32Array<ArrayBuffer>> {
  if (init === 'random') return new Generator(seed, 'tsne').normal(2 * N).map((v) => v * scale);
  const { projected, variances } = await principalComponents(points, N, 2);
  const deviation = Math.sqrt(variances[0] as number) || 1;
  return projected.map((v) => (v / deviation) * scale);
}
