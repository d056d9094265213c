/** One training of the regression network under one of the four settings, recorded once and replayed. */
import {
  add,
  DeviceGenerator,
  Generator,
  getDevice,
  keep,
  mseLoss,
  mul,
  noGrad,
  type Recording,
  scope,
  type Tensor,
  tensor,
} from '../../../engine/index.ts';
import { EarlyStopping, type EarlyStoppingState } from '../../../engine/optim/early-stopping.ts';
import { createOptimiser, type Optimiser } from '../../../engine/optim/optimiser.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { grid, meanSquaredError, roughnessOf } from './measures.ts';
import { RegressionNetwork } from './model.ts';
import type { Point, Setting, schema } from './schema.ts';

type Config = ConfigOf<typeof schema>;

export interface Evaluation {
  readonly step: number;
  /** Mean squared error on the points that train; of the others, where there are any. */
  readonly train: number;
  readonly validation: number | undefined;
  readonly curve: Float32Array<ArrayBuffer>;
  /** Standard deviation of the passes with dropout, on the grid, and their mean. */
  readonly band: { readonly mean: Float32Array<ArrayBuffer>; readonly deviation: Float32Array<ArrayBuffer> } | undefined;
  /** ∫ |y''| dx from second differences on the grid. */
  readonly roughness: number;
  /** √Σw² over the weights. */
  readonly weightNorm: number;
}

const column = (values: ArrayLike<number>): Tensor => keep(tensor(Float32Array.from(values), [values.length, 1]));

/** A training at one of its steps. */
export interface TrainingState {
  /** w¹, b¹, w², b². */
  readonly parameters: readonly Float32Array<ArrayBuffer>[];
  readonly moments: readonly Float32Array<ArrayBuffer>[];
  /** Of early stopping: the weights that it would go back to. */
  readonly best: { readonly step: number; readonly values: Float32Array<ArrayBuffer>[] } | undefined;
  readonly counts: {
    readonly steps: number;
    readonly optimiser: readonly number[];
    readonly dropout: number;
    readonly sampler: number;
    readonly watch: EarlyStoppingState;
    readonly stopped: boolean;
    readonly bestStep: number | null;
  };
}

export class Training {
  readonly setting: Setting;
  readonly network: RegressionNetwork;
  readonly optimiser: Optimiser;
  stopped = false;
  /** Step of the weights that were restored, once early stopping has ended this training. */
  bestStep: number | undefined;
  readonly #config: Config;
  readonly #train: readonly Point[];
  readonly #held: readonly Point[];
  readonly #inputs: { readonly x: Tensor; readonly t: Tensor; readonly all: Tensor; readonly many: Tensor | undefined };
  readonly #lambda: Tensor;
  readonly #rng: DeviceGenerator;
  readonly #sampler: DeviceGenerator;
  readonly #watch: EarlyStopping;
  readonly #step: Recording<unknown>;
  #best: TrainingState['best'];
  #steps = 0;

  constructor(setting: Setting, config: Config) {
    this.setting = setting;
    this.#config = config;
    const holdsOut = setting === 'early stopping' || config.holdOutForAll;
    const held = holdsOut ? config.points.filter(({ held }) => held) : [];
    const train = holdsOut ? config.points.filter(({ held }) => !held) : config.points;
    if (train.length === 0) throw new Error('Every point is held out: mark at least one for training.');
    if (setting === 'early stopping' && held.length === 0) {
      throw new Error('Early stopping needs held-out points: mark some in the figure (double click or H).');
    }
    [this.#train, this.#held] = [train, held];
    this.network = new RegressionNetwork(
      config.units,
      config.activation,
      config.initialScale,
      new Generator(config.seed, 'weights'),
    );
    const repeated = setting === 'dropout' && config.samples > 0 ? config.samples : 0;
    this.#inputs = {
      x: column(train.map(({ x }) => x)),
      t: column(train.map(({ t }) => t)),
      all: column([...train.map(({ x }) => x), ...held.map(({ x }) => x), ...grid]),
      many: repeated > 0 ? column(Array.from({ length: repeated }, () => [...grid]).flat()) : undefined,
    };
    this.#lambda = keep(tensor([0], []));
    const decoupled = setting === 'weight decay' && this.#decoupled;
    this.optimiser = createOptimiser(
      this.network.parameters,
      // Without momentum, g + λθ in the step is the decoupled decay: θ − η(g + λθ) = (1 − ηλ)θ − ηg.
      {
        type: config.optimiser === 'sgd' ? 'sgd' : decoupled ? 'adamw' : 'adam',
        lr: config.rate,
        ...(decoupled && { weightDecay: config.decay }),
      },
    );
    this.#rng = new DeviceGenerator(config.seed, 'dropout');
    this.#sampler = new DeviceGenerator(config.seed, 'samples');
    this.#watch = new EarlyStopping({ patience: config.patience, minDelta: config.minDelta });
    this.#step = getDevice().record(() => scope(() => this.optimiser.apply(this.optimiser.gradients(this.#loss()))));
  }

  /** E = 1/N Σ (y − t)² + λ Σw² */
  #loss(): Tensor {
    const { x, t } = this.#inputs;
    const noise = this.setting === 'dropout' ? { p: this.#config.p, rng: this.#rng } : undefined;
    const error = mseLoss(this.network.predict(x, noise), t);
    return this.penalised ? add(error, mul(this.#lambda, this.network.squaredWeights())) : error;
  }

  /** This setting is weight decay. */
  get decays(): boolean {
    return this.setting === 'weight decay';
  }

  /** The loss holds λΣw². */
  get penalised(): boolean {
    return this.decays && !this.#decoupled;
  }

  /** The points that train: x and t. */
  get points(): readonly Point[] {
    return this.#train;
  }

  get steps(): number {
    return this.#steps;
  }

  get #decoupled(): boolean {
    return this.#config.decayForm === 'decoupled';
  }

  /** One full-batch step. */
  step(live: { readonly rate: number; readonly decay: number }): void {
    this.optimiser.lr = live.rate;
    if (this.setting === 'weight decay' && this.#decoupled) this.optimiser.weightDecay = live.decay;
    this.optimiser.prepare();
    if (this.setting === 'weight decay' && live.decay !== this.#written) this.#writeDecay(live.decay);
    this.#step.execute();
    if (this.setting === 'dropout') this.#rng.advance();
    this.#steps++;
  }

  #written = Number.NaN;

  #writeDecay(decay: number): void {
    this.#lambda.write([decay]);
    this.#written = decay;
  }

  /** What a run that goes on from here must know. The values are those of the latest step. */
  async state(): Promise<TrainingState> {
    const { steps, moments } = await this.optimiser.snapshot();
    const { stopped, bestStep } = this;
    return {
      parameters: await this.network.values(),
      moments,
      best: this.#best,
      counts: {
        steps: this.#steps,
        optimiser: steps,
        dropout: this.#rng.generator.step,
        sampler: this.#sampler.generator.step,
        watch: this.#watch.state,
        stopped,
        bestStep: bestStep ?? null,
      },
    };
  }

  restore({ parameters, moments, best, counts }: TrainingState): void {
    this.network.load(parameters);
    this.optimiser.restore({ steps: counts.optimiser, moments });
    this.#best = best;
    this.#steps = counts.steps;
    this.#rng.generator.step = counts.dropout;
    this.#sampler.generator.step = counts.sampler;
    this.#rng.rewind();
    this.#sampler.rewind();
    this.#watch.state = counts.watch;
    this.stopped = counts.stopped;
    this.bestStep = counts.bestStep ?? undefined;
  }

  /** As `look`; with early stopping, also decides whether to go on. */
  async evaluate(withBand: boolean): Promise<Evaluation> {
    const evaluation = await this.look(withBand);
    this.#sampler.advance();
    if (this.setting === 'early stopping' && !this.stopped) this.#consider(evaluation, await this.network.values());
    return evaluation;
  }

  /** Looks at the network without dropout. */
  async look(withBand: boolean): Promise<Evaluation> {
    const { all, many } = this.#inputs;
    const predicted = scope(() => noGrad(() => this.network.predict(all)));
    const sampled =
      many && withBand
        ? scope(() => noGrad(() => this.network.sample(many, this.#config.samples, { p: this.#config.p, rng: this.#sampler })))
        : undefined;
    const [y, passes, values] = await Promise.all([predicted.data(), sampled?.data(), this.network.values()]);
    predicted.dispose();
    sampled?.dispose();
    const counts = [this.#train.length, this.#held.length] as const;
    const curve = y.slice(counts[0] + counts[1]);
    const validation = counts[1] > 0 ? meanSquaredError(y.subarray(counts[0]), this.#held) : undefined;
    const [w1, , w2] = values as [Float32Array, Float32Array, Float32Array];
    const squares = [...w1, ...w2].reduce((sum, w) => sum + w * w, 0);
    return {
      step: this.#steps,
      train: meanSquaredError(y, this.#train),
      validation,
      curve,
      band: passes && bandOf(passes),
      roughness: roughnessOf(curve),
      weightNorm: Math.sqrt(squares),
    };
  }

  #consider({ step, validation }: Evaluation, values: Float32Array<ArrayBuffer>[]): void {
    const verdict = this.#watch.observe(validation as number);
    if (verdict === 'improved') this.#best = { step, values };
    if (verdict === 'stop') this.finish();
  }

  /** Restores the best weights (early stopping only); also called when the steps are used up. */
  finish(): void {
    if (this.stopped || this.setting !== 'early stopping' || !this.#best) return;
    this.network.load(this.#best.values);
    this.bestStep = this.#best.step;
    this.stopped = true;
  }

  dispose(): void {
    this.#step.dispose();
    this.optimiser.dispose();
    this.#rng.dispose();
    this.#sampler.dispose();
    this.#lambda.dispose();
    for (const input of Object.values(this.#inputs)) input?.dispose();
    this.network.dispose();
  }
}

/** Mean and deviation over passes [T, grid]. */
function bandOf(passes: Float32Array): NonNullable<Evaluation['band']> {
  const count = passes.length / grid.length;
  const mean = new Float32Array(grid.length);
  const deviation = new Float32Array(grid.length);
  for (let i = 0; i < grid.length; i++) {
    let sum = 0;
    let squares = 0;
    for (let pass = 0; pass < count; pass++) {
      const value = passes[pass * grid.length + i] as number;
      sum += value;
      squares += value * value;
    }
    mean[i] = sum / count;
    deviation[i] = Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  }
  return { mean, deviation };
}
