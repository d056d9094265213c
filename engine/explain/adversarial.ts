/** Images changed a little to change the network's mind, and how often that works. */

import { grad, noGrad } from '../autodiff.ts';
import { ConfigError, requireRecord, ShapeError } from '../errors.ts';
import { keep, scope } from '../memory.ts';
import type { Network } from '../nn/network.ts';
import { add, affine, argmax, clamp, crossEntropy, mul, randomUniform, reshape, sign, square, sub, sum } from '../ops/index.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import { createOptimiser } from '../optim/optimiser.ts';
import { sameShape, type Tensor, tensor } from '../tensor.ts';
import { inBatches } from '../train/batches.ts';
import type { TrainingData } from '../train/data.ts';
import { asInput, checkSubject, inEvaluation, type Targets, targetTensor } from './scores.ts';

export interface AttackOptions {
  /** Largest change of a pixel, in units of the input. */
  readonly epsilon: number;
  /** Moves towards the targets instead of away from them. Default false. */
  readonly targeted?: boolean;
  /** Range that the result is clipped to; absent: none. */
  readonly clip?: { readonly min: number; readonly max: number };
}

export interface PgdOptions extends AttackOptions {
  /** α. */
  readonly stepSize: number;
  readonly steps: number;
  /** Starts at a random point of the ε-box. Default true; needs `rng`. */
  readonly randomStart?: boolean;
  readonly rng?: DeviceGenerator;
  readonly onStep?: (done: number, total: number) => void;
}

function checkEpsilon(epsilon: number): number {
  if (!(epsilon >= 0)) throw new ConfigError('epsilon', `must be a number of at least 0, got ${epsilon}.`);
  return epsilon;
}

/** sign ∇ₓ L(x, y), with the sign turned for a targeted attack. */
function ascent(network: Network, x: Tensor, targets: Targets, targeted: boolean): Tensor {
  return inEvaluation(network, () =>
    scope(() => {
      const input = asInput(x);
      const labels = targetTensor(targets, x.shape[0] as number, x, network.outputShape.at(-1));
      const loss = crossEntropy(network.forward(input), labels, { reduction: 'sum' });
      const direction = sign(grad(loss, [input])[0] as Tensor);
      return targeted ? mul(direction, -1) : direction;
    }),
  );
}

function clipped(x: Tensor, clip: AttackOptions['clip']): Tensor {
  return clip ? clamp(x, clip.min, clip.max) : x;
}

/** x + ε sign ∇ₓ L(x, y) (Goodfellow et al. 2015); targeted: x − ε sign ∇ₓ L(x, y_t). */
export function fgsm(network: Network, x: Tensor, targets: Targets, options: AttackOptions): Tensor {
  checkSubject(network, x);
  requireRecord('fgsm', options);
  const epsilon = checkEpsilon(options.epsilon);
  return scope(() => {
    const direction = ascent(network, x, targets, options.targeted ?? false);
    return clipped(add(x.detach(), mul(direction, epsilon)), options.clip);
  });
}

/** ±ε with equal chance for each pixel: a change of FGSM's size in a random direction, its control. */
export function signNoise(
  x: Tensor,
  options: Pick<AttackOptions, 'epsilon' | 'clip'> & { readonly rng: DeviceGenerator },
): Tensor {
  const epsilon = checkEpsilon(options.epsilon);
  return scope(() => {
    // Uniform in [−½, ½): 0 itself would be no sign.
    const direction = affine(sign(affine(sign(affine(randomUniform(x.shape, { rng: options.rng }), 1, -0.5)), 2, 1)), epsilon, 0);
    return clipped(add(x.detach(), direction), options.clip);
  });
}

/**
 * The points that projected gradient descent walks through, the start first: x ← Π_{‖x′−x‖∞ ≤ ε} clip(x + α sign ∇ₓ L(x, y)) (Madry et al. 2018).
 * Each belongs to the caller, who releases it after the next has been pulled.
 */
export function* pgdPath(network: Network, x: Tensor, targets: Targets, options: PgdOptions): Generator<Tensor, void> {
  checkSubject(network, x);
  requireRecord('pgdPath', options);
  const { stepSize, steps, targeted = false, randomStart = true, rng, clip } = options;
  const epsilon = checkEpsilon(options.epsilon);
  if (randomStart && !rng) throw new ConfigError('rng', 'a random start needs a generator; give one or set randomStart: false.');
  if (!Number.isInteger(steps) || steps < 0)
    throw new ConfigError('steps', `must be a whole number of at least 0, got ${steps}.`);
  let current = scope(() => {
    if (!randomStart) return x.detach();
    const noise = mul(sub(randomUniform(x.shape, { rng: rng as DeviceGenerator }), 0.5), 2 * epsilon);
    return clipped(add(x.detach(), noise), clip);
  });
  yield current;
  for (let t = 0; t < steps; t++) {
    const before = current;
    current = scope(() => {
      const moved = clipped(add(before, mul(ascent(network, before, targets, targeted), stepSize)), clip);
      return clipped(add(x.detach(), clamp(sub(moved, x.detach()), -epsilon, epsilon)), clip);
    });
    options.onStep?.(t + 1, steps);
    yield current;
  }
}

/** Where projected gradient descent ends (see `pgdPath`). */
export function pgd(network: Network, x: Tensor, targets: Targets, options: PgdOptions): Tensor {
  checkSubject(network, x);
  requireRecord('pgd', options);
  return scope(() => {
    let last: Tensor | undefined;
    for (const point of pgdPath(network, x, targets, options)) {
      last?.dispose();
      last = point;
    }
    return last as Tensor;
  });
}

export interface PenalisedAttackOptions {
  /** λ. Default 0.1. */
  readonly lambda?: number;
  /** Default 100. */
  readonly steps?: number;
  /** Adam's η. Default 0.01. */
  readonly lr?: number;
  /** Range of x + δ. */
  readonly clip?: AttackOptions['clip'];
  readonly onStep?: (done: number, total: number) => void;
}

/**
 * x + δ with δ that minimises Σ_n CE(f(x_n + δ_n), y_t) + λ‖δ_n‖² by Adam from δ = 0 (the targeted form after Szegedy et al. 2014). With a clip,
 * x + δ is clipped in every step.
 * @param targets the classes that the network shall see
 */
export function penalisedAttack(network: Network, x: Tensor, targets: Targets, options: PenalisedAttackOptions = {}): Tensor {
  checkSubject(network, x);
  requireRecord('penalisedAttack', options);
  const { lambda = 0.1, steps = 100, lr = 0.01, clip, onStep } = options;
  if (!(lambda >= 0)) throw new ConfigError('lambda', `must be a number of at least 0, got ${lambda}.`);
  if (!Number.isInteger(steps) || steps < 0)
    throw new ConfigError('steps', `must be a whole number of at least 0, got ${steps}.`);
  const delta = keep(tensor(new Float32Array(x.size), x.shape, { device: x.device, requiresGrad: true }));
  const optimiser = createOptimiser([delta], { type: 'adam', lr });
  try {
    for (let step = 0; step < steps; step++) {
      scope(() =>
        inEvaluation(network, () => {
          const labels = targetTensor(targets, x.shape[0] as number, x);
          const loss = crossEntropy(network.forward(clipped(add(x.detach(), delta), clip)), labels, { reduction: 'sum' });
          optimiser.step(grad(add(loss, mul(sum(square(delta)), lambda)), [delta]));
        }),
      );
      onStep?.(step + 1, steps);
    }
    return noGrad(() => scope(() => clipped(add(x.detach(), delta), clip)));
  } finally {
    optimiser.dispose();
    delta.dispose();
  }
}

export type Attack = 'fgsm' | 'pgd' | 'noise';

export interface RobustAccuracyOptions {
  readonly attack: Attack;
  readonly epsilons: readonly number[];
  readonly clip?: AttackOptions['clip'];
  /** For PGD. Default 40. */
  readonly steps?: number;
  /** α of PGD. Default 2.5 ε/steps, so that every point of the box can be reached (Madry et al. 2018). */
  readonly stepSize?: number;
  /** For noise, and for PGD's random start. */
  readonly rng?: DeviceGenerator;
  /** Default 256. */
  readonly batchSize?: number;
  readonly onProgress?: (epsilon: number, share: number) => void;
}

export interface RobustAccuracy {
  readonly epsilon: number;
  readonly accuracy: number;
}

/**
 * Accuracy against ε: the share of samples that are still recognised when each has been changed by an untargeted attack, or by noise of the same
 * size.
 */
export async function robustAccuracy(
  network: Network,
  data: TrainingData,
  options: RobustAccuracyOptions,
): Promise<RobustAccuracy[]> {
  const { attack, epsilons, clip, rng, steps = 40, batchSize = 256, onProgress } = options;
  if (attack !== 'fgsm' && !rng) throw new ConfigError('rng', `'${attack}' draws random numbers: give a generator.`);
  const { labels } = data;
  if (!labels) throw new ConfigError('data', 'its targets must be labels.');
  const limits = clip ? { clip } : {};
  const changed = (x: Tensor, targets: Tensor, epsilon: number): Tensor => {
    switch (attack) {
      case 'fgsm':
        return fgsm(network, x, targets, { epsilon, ...limits });
      case 'noise':
        return signNoise(x, { epsilon, rng: rng as DeviceGenerator, ...limits });
      case 'pgd':
        return pgd(network, x, targets, {
          epsilon,
          steps,
          stepSize: options.stepSize ?? (2.5 * epsilon) / steps,
          rng: rng as DeviceGenerator,
          ...limits,
        });
      default:
        throw new ConfigError('attack', `'${String(attack)}' is none; use fgsm, pgd or noise.`);
    }
  };
  const results: RobustAccuracy[] = [];
  for (const epsilon of epsilons) {
    let right = 0;
    const batches = inBatches(data, network.device, batchSize, ({ inputs, targets }) => {
      const x = changed(inputs, targets, epsilon);
      return [noGrad(() => inEvaluation(network, () => argmax(network.forward(x))))];
    });
    for await (const { start, size, values } of batches) {
      values[0]?.forEach((prediction, i) => {
        if (prediction === labels[start + i]) right++;
      });
      onProgress?.(epsilon, (start + size) / data.count);
    }
    results.push({ epsilon, accuracy: right / data.count });
  }
  return results;
}

export interface LossPlaneOptions {
  /** Directions of the plane's axes, of the shape of x. */
  readonly axes: readonly [Tensor, Tensor];
  /** Coordinates along each. */
  readonly at: readonly [readonly number[], readonly number[]];
  /** Points that go through the network together. Default 64. */
  readonly batchSize?: number;
}

/**
 * L(x + a d₁ + b d₂, y) over a grid of (a, b): the landscape that an attack walks in.
 * @param x one image [1, …]
 * @returns [coordinates of the second axis, coordinates of the first], on the host
 */
export async function lossPlane(
  network: Network,
  x: Tensor,
  target: number,
  { axes, at, batchSize = 64 }: LossPlaneOptions,
): Promise<Float32Array<ArrayBuffer>> {
  if (x.shape[0] !== 1 || !axes.every((axis) => sameShape(axis.shape, x.shape))) {
    throw new ShapeError(
      'lossPlane',
      [x.shape, ...axes.map((axis) => axis.shape)],
      'x must be one sample and the axes of its shape',
    );
  }
  const [along, across] = at;
  const points = across.flatMap((b) => along.map((a) => [a, b] as const));
  const values = new Float32Array(points.length);
  for (let start = 0; start < points.length; start += batchSize) {
    const some = points.slice(start, start + batchSize);
    const losses = scope(() =>
      noGrad(() =>
        inEvaluation(network, () => {
          const column = (which: 0 | 1) =>
            tensor(
              some.map((point) => point[which]),
              [some.length, ...x.shape.slice(1).map(() => 1)],
              { device: x.device },
            );
          const moved = add(x.detach(), add(mul(axes[0].detach(), column(0)), mul(axes[1].detach(), column(1))));
          const labels = tensor(new Int32Array(some.length).fill(target), undefined, { device: x.device });
          return reshape(crossEntropy(network.forward(moved), labels, { reduction: 'none' }), [some.length]);
        }),
      ),
    );
    values.set(await losses.data(), start);
    losses.dispose();
  }
  return values;
}
