/** t-SNE (van der Maaten & Hinton, JMLR 9, 2008) on the device, in steps that can be watched and changed while it runs. */
import { RecordingDevice } from '../device/recording-device.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import {
  tsneAttraction,
  tsneDenseDivergence,
  tsneDivergence,
  tsneForces,
  tsneRecentre,
  tsneRepulsion,
  tsneUpdate,
} from '../kernels/tsne.ts';
import { scope } from '../memory.ts';
import { mean, sum } from '../ops/reduce.ts';
import { run } from '../ops/run.ts';
import { Generator } from '../random.ts';
import { emptyTensor, ones, type Tensor, tensor, zeros } from '../tensor.ts';
import { type Affinities, affinitiesOf } from './affinities.ts';
import { Neighbourhoods } from './neighbourhoods.ts';
import { principalComponents } from './pca.ts';
import { checkPoints, rescaled } from './points.ts';

export interface TsneSchedule {
  /** Factor ε on the attraction during the first iterations. */
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
  /** Standard deviation of the initial layout. */
  readonly initScale: number;
  /** Principal components to which the points are reduced first; 0: none. */
  readonly components: number;
}

/** The two published recipes: the paper's (2008, §3.4 and §4.2) and scikit-learn's. */
export const tsneSchedules = {
  paper: {
    exaggeration: 4,
    exaggerated: 50,
    earlyMomentum: 0.5,
    lateMomentum: 0.8,
    momentumSwitch: 250,
    learningRate: () => 100,
    iterations: 1000,
    initScale: 1e-2,
    components: 30,
  },
  'scikit-learn': {
    exaggeration: 12,
    exaggerated: 250,
    earlyMomentum: 0.5,
    lateMomentum: 0.8,
    momentumSwitch: 250,
    learningRate: (N: number) => Math.max(N / 12 / 4, 50),
    iterations: 1000,
    initScale: 1e-4,
    components: 0,
  },
} as const satisfies Record<string, TsneSchedule>;

export interface TsneOptions {
  readonly perplexity?: number;
  readonly schedule?: TsneSchedule;
  /** 'random' draws from N(0, initScale²); 'pca' scales the first two principal components to that deviation. */
  readonly init?: 'random' | 'pca';
  readonly seed?: number;
  readonly onProgress?: (share: number) => void;
}

/** Points as the schedule wants them: reduced to their principal components, or as they are. */
export async function preparePoints(points: Float32Array, N: number, components: number): Promise<Float32Array> {
  checkPoints('preparePoints', points, N);
  if (components <= 0 || components >= points.length / N) return points;
  return (await principalComponents(points, N, components)).projected;
}

/** Coordinates [N, 2] to begin with. */
export async function initialLayout(
  points: Float32Array,
  N: number,
  { init = 'random', scale, seed = 1 }: { init?: 'random' | 'pca' | undefined; scale: number; seed?: number | undefined },
): Promise<Float32Array<ArrayBuffer>> {
  checkPoints('initialLayout', points, N);
  if (init === 'random') return new Generator(seed, 'tsne').normal(2 * N, 0, scale);
  const { projected, variances } = await principalComponents(points, N, 2);
  const deviation = Math.sqrt(variances[0] as number) || 1;
  const layout = new Float32Array(2 * N);
  const found = projected.length / N;
  for (let i = 0; i < N; i++) {
    for (let d = 0; d < found; d++) layout[2 * i + d] = ((projected[i * found + d] as number) / deviation) * scale;
  }
  return layout;
}

/** Where an embedding stands; [N, 2] each. */
export interface TsneState {
  readonly iteration: number;
  readonly position: Float32Array;
  readonly velocity: Float32Array;
  readonly gain: Float32Array;
}

/** Something that can be run again and again. */
interface Replay {
  execute(): void;
  dispose(): void;
}

/** One embedding in the plane. */
export class Tsne {
  readonly N: number;
  /** May be replaced while running. */
  schedule: TsneSchedule;
  /** η; may be changed while running. */
  learningRate: number;
  /** Iterations done. */
  iteration = 0;
  #affinities: Affinities;
  readonly #y: Tensor;
  readonly #velocity: Tensor;
  readonly #gain: Tensor;
  readonly #gradient: Tensor;
  /** exaggeration ε, learning rate η, momentum μ: data, so that they may change between replays */
  readonly #hyper: Tensor;
  #written = '';
  #step: Replay | undefined;
  readonly #recentre: Replay;
  /** Affinities that `create` made and `dispose` releases. */
  #owned: Affinities | undefined;

  /**
   * @param affinities stays the caller's, who disposes it after the embedding
   * @param start coordinates [N, 2]
   */
  constructor(affinities: Affinities, start: Float32Array<ArrayBuffer>, schedule: TsneSchedule = tsneSchedules['scikit-learn']) {
    const { N } = affinities;
    if (start.length !== 2 * N) throw new ShapeError('Tsne', [[start.length]], `the layout needs ${2 * N} coordinates`);
    checkPoints('Tsne', start, N);
    this.N = N;
    this.schedule = schedule;
    this.learningRate = schedule.learningRate(N);
    this.#affinities = affinities;
    this.#y = tensor(start, [N, 2]);
    this.#velocity = zeros([N, 2]);
    this.#gain = ones([N, 2]);
    this.#gradient = zeros([N, 2]);
    this.#hyper = zeros([3]);
    this.#recentre = this.#record(() => {
      run(tsneRecentre, { centre: mean(this.#y, { axes: 0 }), position: this.#y }, { N });
    });
  }

  /**
   * From points [N, D] to an embedding that has not moved yet; `dispose` releases everything.
   * @throws ConfigError for a perplexity that N points cannot have, and for a coordinate that is not finite; ShapeError where the
   *   coordinates do not fill N rows
   */
  static async create(points: Float32Array, N: number, options: TsneOptions = {}): Promise<Tsne> {
    const { perplexity = 30, schedule = tsneSchedules['scikit-learn'], init, seed, onProgress } = options;
    if (!(perplexity >= 1 && perplexity < N)) {
      throw new ConfigError('perplexity', `${perplexity} must be at least 1 and less than the ${N} points.`);
    }
    checkPoints('Tsne', points, N);
    const prepared = await preparePoints(rescaled(points).points, N, schedule.components);
    const space = await Neighbourhoods.of(prepared, N, { maxPerplexity: perplexity, ...(onProgress ? { onProgress } : {}) });
    const affinities = await affinitiesOf(space, perplexity);
    space.dispose();
    const made = new Tsne(affinities, await initialLayout(prepared, N, { init, scale: schedule.initScale, seed }), schedule);
    made.#owned = affinities;
    return made;
  }

  get affinities(): Affinities {
    return this.#affinities;
  }

  /** Other affinities of the same points (another perplexity): the layout stays, and the iterations go on from it. */
  set affinities(affinities: Affinities) {
    if (affinities.N !== this.N) throw new ShapeError('Tsne', [[affinities.N], [this.N]], 'the number of points must stay');
    this.#affinities = affinities;
    this.#step?.dispose();
    this.#step = undefined;
  }

  /** Enqueues iterations; wait for `positions()` or `evaluate()` before enqueuing many more. */
  step(count = 1): void {
    this.#step ??= this.#record(() => this.#iterate());
    for (let n = 0; n < count; n++) {
      this.#writeHyper();
      this.#step.execute();
      this.iteration++;
    }
    // Forces depend on differences only, so the mean drifts without consequence; taking it off now and then keeps f32 exact.
    this.#recentre.execute();
    this.#y.device.flush();
  }

  /** Coordinates [N, 2]. */
  positions(): Promise<Float32Array<ArrayBuffer>> {
    return this.#y.data();
  }

  /**
   * C = Σ p ln(p/q) in nats at the current layout, never exaggerated; and the norm of the gradient (exaggerated as scheduled) that the
   * latest iteration followed.
   */
  async evaluate(): Promise<{ divergence: number; gradientNorm: number }> {
    const kl = scope(() => {
      const { Z } = this.#forces();
      const made = emptyTensor([this.N], 'tsneDivergence', 'f32', this.#y.device);
      const known = this.#affinities;
      if (known.kind === 'dense') {
        run(tsneDenseDivergence, { y: this.#y, joint: known.joint, Z, kl: made }, this.#denseParams(known.joint));
      } else {
        const { rowStart, neighbour, p } = known;
        run(tsneDivergence, { y: this.#y, rowStart, neighbour, p, Z, kl: made }, { N: this.N, entries: p.size });
      }
      return made;
    });
    const [rows, gradient] = await Promise.all([kl.data(), this.#gradient.data()]);
    kl.dispose();
    return {
      divergence: rows.reduce((total, value) => total + value, 0),
      gradientNorm: Math.sqrt(gradient.reduce((total, value) => total + value * value, 0)),
    };
  }

  /** All that is needed to go on from here. */
  async state(): Promise<TsneState> {
    const [position, velocity, gain] = await Promise.all([this.#y.data(), this.#velocity.data(), this.#gain.data()]);
    return { iteration: this.iteration, position, velocity, gain };
  }

  /** Goes on from a state of an embedding of as many points. */
  restore({ iteration, position, velocity, gain }: TsneState): void {
    this.#y.write(position);
    this.#velocity.write(velocity);
    this.#gain.write(gain);
    this.iteration = iteration;
  }

  dispose(): void {
    this.#step?.dispose();
    this.#recentre.dispose();
    for (const made of [this.#y, this.#velocity, this.#gain, this.#gradient, this.#hyper]) made.dispose();
    this.#owned?.dispose();
  }

  #denseParams(joint: Tensor): { N: number; stride: number } {
    return { N: this.N, stride: joint.shape[1] as number };
  }

  /** Both forces at the current layout, and the sum of `push` over all points. */
  #forces(): { pull: Tensor; push: Tensor; Z: Tensor } {
    const { N } = this;
    const y = this.#y;
    const pull = emptyTensor([N, 2], 'tsneForces', 'f32', y.device);
    const push = emptyTensor([N, 4], 'tsneForces', 'f32', y.device);
    const known = this.#affinities;
    if (known.kind === 'dense') run(tsneForces, { y, joint: known.joint, pull, push }, this.#denseParams(known.joint));
    else {
      const { rowStart, neighbour, p } = known;
      run(tsneRepulsion, { y, push }, { N });
      run(tsneAttraction, { y, rowStart, neighbour, p, pull }, { N, entries: p.size });
    }
    return { pull, push, Z: sum(push, { axes: 0 }) };
  }

  #iterate(): void {
    const { pull, push, Z } = this.#forces();
    const [position, velocity, gain, gradient, hyper] = [this.#y, this.#velocity, this.#gain, this.#gradient, this.#hyper];
    run(tsneUpdate, { pull, push, Z, hyper, position, velocity, gain, gradient }, { N: this.N });
  }

  #writeHyper(): void {
    const { schedule, iteration } = this;
    const hyper = [
      iteration < schedule.exaggerated ? schedule.exaggeration : 1,
      this.learningRate,
      iteration < schedule.momentumSwitch ? schedule.earlyMomentum : schedule.lateMomentum,
    ];
    // Writing ends the submission that is being collected, so only what changed is written.
    const key = hyper.join();
    if (key === this.#written) return;
    this.#hyper.write(hyper);
    this.#written = key;
  }

  /** Records `work` once where the device can; otherwise runs it anew each time. */
  #record(work: () => void): Replay {
    const device = this.#y.device;
    if (device instanceof RecordingDevice) return device.record(() => scope(work));
    return { execute: () => scope(work), dispose: () => {} };
  }
}

/** The lowest divergence so far, and the iteration at which it was found. */
export interface TsneProgress {
  readonly best: number;
  readonly bestAt: number;
}

/** When to stop, as scikit-learn does: no progress for `patience` iterations, or a gradient that is as good as zero. */
export class TsneConvergence {
  readonly patience: number;
  readonly smallestNorm: number;
  #best = Number.POSITIVE_INFINITY;
  #bestAt = 0;

  constructor(patience = 300, smallestNorm = 1e-7) {
    this.patience = patience;
    this.smallestNorm = smallestNorm;
  }

  /** The reason to stop, or undefined. Progress counts from `restart` on, so call that when exaggeration ends or a setting changes. */
  check(iteration: number, { divergence, gradientNorm }: { divergence: number; gradientNorm: number }): string | undefined {
    if (divergence < this.#best) {
      this.#best = divergence;
      this.#bestAt = iteration;
    }
    if (iteration - this.#bestAt > this.patience) return `no progress for ${this.patience} iterations`;
    if (gradientNorm <= this.smallestNorm) return `the gradient is smaller than ${this.smallestNorm}`;
    return undefined;
  }

  restart(iteration: number): void {
    this.state = { best: Number.POSITIVE_INFINITY, bestAt: iteration };
  }

  /** How far it has come: for a run that goes on elsewhere. */
  get state(): TsneProgress {
    return { best: this.#best, bestAt: this.#bestAt };
  }

  set state({ best, bestAt }: TsneProgress) {
    this.#best = best;
    this.#bestAt = bestAt;
  }
}
