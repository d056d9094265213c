/**
 * SGD, Adam and AdamW over flat memory: parameters, gradients and moments lie in arenas of one layout, so that one dispatch updates
 * all parameters (two, where only weights decay). Learning rate and bias corrections are data, written before each step. Each parameter
 * counts its own steps, as in PyTorch: one that was frozen goes on from the count that it had reached.
 */
import { grad, noGrad } from '../autodiff.ts';
import { lastingTensor } from '../constant.ts';
import { ArgumentError, ConfigError, kindOf, ShapeError } from '../errors.ts';
import {
  ADAM_HYPER_LENGTH,
  adam,
  adamHyper,
  clipByNorm,
  SGD_HYPER_LENGTH,
  sgd,
  sgdHyper,
  sgdMomentum,
} from '../kernels/optimizer.ts';
import { scope } from '../memory.ts';
import { copyElements } from '../ops/copy-elements.ts';
import { add, square, sum } from '../ops/index.ts';
import { run } from '../ops/run.ts';
import { sameShape, type Tensor } from '../tensor.ts';
import { Clocks } from './clocks.ts';
import { type OptimiserConfig, type ResolvedConfig, resolveOptimiser } from './config.ts';
import { type Member, membersOf, type Segment, segments } from './segments.ts';
import { Shadow } from './shadow.ts';

/** Parameters that share a weight decay and a factor of the learning rate. */
export interface ParameterGroup {
  readonly parameters: readonly Tensor[];
  /** Default: the optimiser's. */
  readonly weightDecay?: number;
  /** Factor of the optimiser's learning rate. Default 1. */
  readonly lrFactor?: number;
}

interface Group {
  /** Absent: the optimiser's. */
  readonly weightDecay: number | undefined;
  readonly lrFactor: number;
}

/** PyTorch's names of the moments. */
export type MomentName = 'momentum_buffer' | 'exp_avg' | 'exp_avg_sq';

/** Moments and step counters, for a snapshot on the host. */
export interface OptimiserSnapshot {
  /** Of each parameter. */
  readonly steps: readonly number[];
  readonly moments: readonly Float32Array<ArrayBuffer>[];
}

function momentNames({ type, momentum }: ResolvedConfig): readonly MomentName[] {
  if (type === 'sgd') return momentum === 0 ? [] : ['momentum_buffer'];
  return ['exp_avg', 'exp_avg_sq'];
}

export class Optimiser {
  readonly config: ResolvedConfig;
  /** Every parameter, in the order in which gradients are given. */
  readonly parameters: readonly Tensor[];
  /** η of the next step. */
  lr: number;
  /** λ of the next step, for groups without one of their own. */
  weightDecay: number;
  readonly #clocks: Clocks;
  #active: readonly boolean[];
  readonly #members: readonly Member[];
  readonly #groups: readonly Group[];
  readonly #moments: ReadonlyMap<MomentName, Shadow>;
  readonly #gradients: Shadow;

  /**
   * Use `createOptimiser`.
   * @param parameters the order in which gradients are given; by default that of the groups
   */
  constructor(
    groups: readonly ParameterGroup[],
    config: ResolvedConfig,
    parameters: readonly Tensor[] = groups.flatMap((group) => group.parameters),
  ) {
    const [first] = parameters;
    if (!first) throw new ConfigError('optimiser', 'there are no parameters to optimise.');
    if (new Set(parameters).size !== parameters.length) throw new ConfigError('optimiser', 'a parameter was given twice.');
    this.config = config;
    this.parameters = parameters;
    this.lr = config.lr;
    this.weightDecay = config.weightDecay;
    this.#members = membersOf(groups, parameters);
    const { device } = first;
    const length = config.type === 'sgd' ? SGD_HYPER_LENGTH : ADAM_HYPER_LENGTH;
    this.#groups = groups.map(({ weightDecay, lrFactor = 1 }) => ({ weightDecay, lrFactor }));
    this.#clocks = new Clocks(
      this.#members.map(({ group }) => group),
      () => lastingTensor([length], 'optimiser', device),
    );
    this.#active = parameters.map((parameter) => parameter.requiresGrad);
    this.#gradients = new Shadow(this.#members, 'gradients');
    this.#moments = new Map(momentNames(config).map((name) => [name, new Shadow(this.#members, name)]));
  }

  /** The moments of each parameter, in the order of `parameters`, by PyTorch's names. */
  get moments(): ReadonlyMap<MomentName, readonly Tensor[]> {
    return new Map([...this.#moments].map(([name, shadow]) => [name, shadow.tensors]));
  }

  /** Steps taken: the most that a parameter has taken. */
  get steps(): number {
    return Math.max(...this.#clocks.steps);
  }

  /** The parameters that the latest `apply` moved; before it, those that learn. */
  get active(): readonly boolean[] {
    return this.#active;
  }

  /** Steps taken by each parameter, in the order of `parameters`. */
  get parameterSteps(): readonly number[] {
    return this.#clocks.steps;
  }

  set parameterSteps(steps: readonly number[]) {
    this.#clocks.steps = steps;
  }

  /** Grows when parameters have parted or joined: whatever `apply` recorded before must be recorded anew. */
  get layout(): number {
    return this.#clocks.version;
  }

  /** ∂loss/∂θ of every parameter that learns; null for frozen and unused ones. */
  gradients(loss: Tensor): (Tensor | null)[] {
    const learning = this.parameters.filter((parameter) => parameter.requiresGrad);
    const found = grad(loss, learning, { allowUnused: true });
    const byParameter = new Map(learning.map((parameter, index) => [parameter, found[index] ?? null]));
    return this.parameters.map((parameter) => byParameter.get(parameter) ?? null);
  }

  /**
   * One step.
   * @param gradients in the order of `parameters`; null leaves a parameter and its moments as they are. Absent: each parameter's `.grad`
   */
  step(gradients: readonly (Tensor | null)[] = this.parameters.map((parameter) => parameter.grad)): void {
    this.#check(gradients);
    this.prepare(gradients.map((gradient) => (gradient ?? null) !== null));
    this.apply(gradients);
  }

  /**
   * Counts a step and writes its numbers to the device: before each execution of a recorded `apply`, and outside what is recorded.
   * @param active the parameters that have a gradient; by default those of the latest `apply`, before that those that learn
   */
  prepare(active: readonly boolean[] = this.#active): void {
    const { type } = this.config;
    for (const { group, steps, hyper } of this.#clocks.advance(active)) {
      const { weightDecay, lrFactor } = this.#groups[group] as Group;
      const numbers = { ...this.config, lr: this.lr * lrFactor, weightDecay: weightDecay ?? this.weightDecay };
      hyper.write(type === 'sgd' ? sgdHyper(numbers, steps) : adamHyper({ ...numbers, decoupled: type === 'adamw' }, steps));
    }
  }

  /** Enqueues the update with the numbers of the latest `prepare`. May be recorded: nothing here depends on what changes from step to step. */
  apply(gradients: readonly (Tensor | null)[]): void {
    this.#check(gradients);
    const { clipNorm } = this.config;
    const squares = clipNorm === undefined ? undefined : squaredNorm(gradients);
    gradients.forEach((gradient, index) => {
      // In a recorded step the copy vanishes: the gradient is computed where it belongs.
      if (gradient) copyElements(gradient, this.#gradients.tensors[index] as Tensor);
    });
    if (squares && clipNorm !== undefined) {
      for (const y of this.#gradients.blocks) run(clipByNorm, { squares, y }, { count: y.size, maxNorm: clipNorm });
      squares.dispose();
    }
    this.#active = this.parameters.map((_, index) => (gradients[index] ?? null) !== null);
    this.#clocks.part(this.#active);
    const clocks = this.parameters.map((_, index) => this.#clocks.of(index));
    for (const segment of segments(this.#members, this.#active, clocks)) this.#update(segment);
    for (const [index, parameter] of this.parameters.entries()) if (this.#active[index]) parameter.overwritten();
  }

  /** @throws ArgumentError unless there is one gradient, or null, for each parameter; ShapeError unless each has its parameter's shape */
  #check(gradients: readonly (Tensor | null)[]): void {
    if (!Array.isArray(gradients) || gradients.length !== this.parameters.length) {
      const given = Array.isArray(gradients) ? `${gradients.length}` : kindOf(gradients);
      throw new ArgumentError(
        'optimiser',
        `it needs a list of ${this.parameters.length} gradients, null where there is none; got ${given}`,
      );
    }
    gradients.forEach((gradient, index) => {
      const { shape, name } = this.parameters[index] as Tensor;
      if (gradient && !sameShape(gradient.shape, shape)) {
        throw new ShapeError(
          `optimiser '${name || index}'`,
          [shape, gradient.shape],
          'a gradient must have the shape of its parameter',
        );
      }
    });
  }

  #update({ members }: Segment): void {
    const [first, last] = [members[0], members.at(-1)].map((index) => this.#members[index as number]) as [Member, Member];
    const { device } = first.tensor;
    const hyper = this.#clocks.of(members[0] as number).hyper.buffer('optimiser');
    const count = first.range && last.range ? last.range.offset + last.range.length - first.range.offset : first.tensor.size;
    // A stretch of a flat buffer, or a tensor with memory of its own.
    const stretch = (flat: Tensor, own: Tensor) =>
      first.range ? device.view(flat.buffer('optimiser'), first.range.offset * 4, count * 4) : own.buffer('optimiser');
    const shadow = (of: Shadow) => stretch(of.flat(first), of.tensors[members[0] as number] as Tensor);
    const moment = (name: MomentName) => shadow(this.#moments.get(name) as Shadow);
    const p = stretch(first.range?.arena.flat ?? first.tensor, first.tensor);
    const g = shadow(this.#gradients);
    if (this.config.type !== 'sgd') {
      device.run(adam, { hyper, g, p, m: moment('exp_avg'), v: moment('exp_avg_sq') }, { count });
    } else if (this.config.momentum === 0) device.run(sgd, { hyper, g, p }, { count });
    else device.run(sgdMomentum, { hyper, g, p, b: moment('momentum_buffer') }, { count });
  }

  /** Forgets the gradients that `backward()` has left on the parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters) {
      parameter.grad?.dispose();
      parameter.grad = null;
    }
  }

  /** Starts again: moments zero, no steps taken. */
  reset(): void {
    this.#clocks.steps = this.parameters.map(() => 0);
    for (const shadow of this.#moments.values()) shadow.clear();
  }

  /** Copies the state to the host. The copies are enqueued at once: later steps do not change them. */
  async snapshot(): Promise<OptimiserSnapshot> {
    const steps = this.parameterSteps;
    return {
      steps,
      moments: await Promise.all([...this.#moments.values()].flatMap((shadow) => shadow.blocks.map((b) => b.data()))),
    };
  }

  /** Puts a snapshot back. */
  restore({ steps, moments }: OptimiserSnapshot): void {
    const blocks = [...this.#moments.values()].flatMap((shadow) => shadow.blocks);
    if (blocks.length !== moments.length) throw new ConfigError('optimiser', 'the snapshot belongs to another optimiser.');
    this.parameterSteps = steps;
    for (const [index, block] of blocks.entries()) block.write(moments[index] as Float32Array);
  }

  dispose(): void {
    this.#clocks.dispose();
    for (const shadow of [this.#gradients, ...this.#moments.values()]) shadow.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Σ g² over all gradients; undefined where there are none. */
function squaredNorm(gradients: readonly (Tensor | null)[]): Tensor | undefined {
  return scope(() =>
    noGrad(() => {
      const parts = gradients.flatMap((gradient) => (gradient ? [sum(square(gradient))] : []));
      return parts.length > 0 ? parts.reduce((a, b) => add(a, b)) : undefined;
    }),
  );
}

/** What the optimiser needs of a network. */
export interface Parametrised {
  parameterSlots(): readonly (readonly [name: string, slot: { readonly role: string; readonly tensor: Tensor }])[];
}

/** Groups of a network: all parameters, or weights apart from biases and affine parameters where only weights decay. */
function groupsOf(network: Parametrised, { decay }: ResolvedConfig): ParameterGroup[] {
  const slots = network.parameterSlots().map(([, slot]) => slot);
  const all = slots.map((slot) => slot.tensor);
  if (decay === 'all') return [{ parameters: all }];
  const weights = slots.filter((slot) => slot.role === 'weight').map((slot) => slot.tensor);
  const rest = all.filter((tensor) => !weights.includes(tensor));
  return [{ parameters: weights }, { parameters: rest, weightDecay: 0 }].filter(({ parameters }) => parameters.length > 0);
}

/**
 * An optimiser for a network, for tensors, or for groups of tensors with decays of their own.
 * @throws ConfigError naming the value that no optimiser could use
 */
export function createOptimiser(
  source: Parametrised | readonly Tensor[] | readonly ParameterGroup[],
  config: OptimiserConfig,
): Optimiser {
  const resolved = resolveOptimiser(config);
  if ('parameterSlots' in source) {
    const inOrder = source.parameterSlots().map(([, slot]) => slot.tensor);
    return new Optimiser(groupsOf(source, resolved), resolved, inOrder);
  }
  const [first] = source;
  const grouped = first !== undefined && 'parameters' in first;
  const groups = grouped ? (source as readonly ParameterGroup[]) : [{ parameters: source as readonly Tensor[] }];
  return new Optimiser(groups, resolved);
}
