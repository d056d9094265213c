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
import { EarlyStopping } from '../../../engine/optim/early-stopping.ts';
import { createOptimiser, type Optimiser } from '../../../engine/optim/optimiser.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { RegressionNetwork } from './model.ts';
import type { Point, Setting, schema } from './schema.ts';

type Config = ConfigOf<typeof schema>;

/** Positions of the drawn curve: 201 on [0, 1]. */
export const grid = Float32Array.from({ length: 201 }, (_, i) => i / 200);

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

/** ∫ |y''| dx by second differences. */
export function roughnessOf(curve: Float32Array): number {
  let total = 0;
  for (let i = 1; i + 1 < curve.length; i++) {
    total += Math.abs((curve[i - 1] as number) - 2 * (curve[i] as number) + (curve[i + 1] as number));
  }
  return total * (curve.length - 1);
}

function meanSquaredError(predicted: Float32Array, points: readonly Point[]): number {
  return points.reduce((sum, { t }, n) => sum + ((predicted[n] as number) - t) ** 2, 0) / points.length;
}

export class Training {
  readonly setting: Setting;
  readonly network: RegressionNetwork;
  stopped = false;
  /** Step of the weights that were restored, once early stopping has ended this training. */
  bestStep: number | undefined;
  readonly #config: Config;
  readonly #train: readonly Point[];
  readonly #held: readonly Point[];
  readonly #inputs: { readonly x: Tensor; readonly t: Tensor; readonly all: Tensor; readonly many: Tensor | undefined };
  readonly #lambda: Tensor;
  readonly #optimiser: Optimiser;
  readonly #rng: DeviceGenerator;
  readonly #sampler: DeviceGenerator;
  readonly #watch: EarlyStopping;
  readonly #step: Recording<unknown>;
  #best: { step: number; values: Float32Array<ArrayBuffer>[] } | undefined;
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
    this.#optimiser = createOptimiser(
      this.network.parameters,
      config.optimiser === 'sgd'
        ? { type: 'sgd', lr: config.rate }
        : { type: decoupled ? 'adamw' : 'adam', lr: config.rate, ...(decoupled && { weightDecay: config.decay }) },
    );
    this.#rng = new DeviceGenerator(config.seed, 'dropout');
    this.#sampler = new DeviceGenerator(config.seed, 'samples');
    this.#watch = new EarlyStopping({ patience: config.patience, minDelta: config.minDelta });
    this.#step = getDevice().record(() => scope(() => this.#optimiser.apply(this.#optimiser.gradients(this.#loss()))));
  }

  /** E = 1/N Σ (y − t)² + λ Σw² */
  #loss(): Tensor {
    const { x, t } = this.#inputs;
    const noise = this.setting === 'dropout' ? { p: this.#config.p, rng: this.#rng } : undefined;
    const error = mseLoss(this.network.predict(x, noise), t);
    const penalised = this.setting === 'weight decay' && !this.#decoupled;
    return penalised ? add(error, mul(this.#lambda, this.network.squaredWeights())) : error;
  }

  get #decoupled(): boolean {
    return this.#config.decayForm === 'decoupled' && this.#config.optimiser === 'adam';
  }

  /** One full-batch step. */
  step(live: { readonly rate: number; readonly decay: number }): void {
    this.#optimiser.lr = live.rate;
    if (this.setting === 'weight decay' && this.#decoupled) this.#optimiser.weightDecay = live.decay;
    this.#optimiser.prepare();
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

  /** Looks at the network without dropout; with early stopping, also decides whether to go on. */
  async evaluate(withBand: boolean): Promise<Evaluation> {
    const { all, many } = this.#inputs;
    const predicted = scope(() => noGrad(() => this.network.predict(all)));
    const sampled =
      many && withBand
        ? scope(() => noGrad(() => this.network.sample(many, this.#config.samples, { p: this.#config.p, rng: this.#sampler })))
        : undefined;
    this.#sampler.advance();
    const [y, passes, values] = await Promise.all([predicted.data(), sampled?.data(), this.network.values()]);
    predicted.dispose();
    sampled?.dispose();
    const counts = [this.#train.length, this.#held.length] as const;
    const curve = y.slice(counts[0] + counts[1]);
    const validation = counts[1] > 0 ? meanSquaredError(y.subarray(counts[0]), this.#held) : undefined;
    const [w1, , w2] = values as [Float32Array, Float32Array, Float32Array];
    const squares = [...w1, ...w2].reduce((sum, w) => sum + w * w, 0);
    const evaluation: Evaluation = {
      step: this.#steps,
      train: meanSquaredError(y, this.#train),
      validation,
      curve,
      band: passes && bandOf(passes),
      roughness: roughnessOf(curve),
      weightNorm: Math.sqrt(squares),
    };
    if (this.setting === 'early stopping' && !this.stopped) this.#consider(evaluation, values);
    return evaluation;
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
    this.#optimiser.dispose();
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
