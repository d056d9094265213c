/** Images changed a little to change the network's mind. */

import { grad, noGrad } from '../autodiff.ts';
import { ArgumentError, ConfigError, kindOf, requireRecord } from '../errors.ts';
import { keep, scope } from '../memory.ts';
import type { Network } from '../nn/network.ts';
import { checkTensor } from '../ops/arguments.ts';
import { add, affine, clamp, crossEntropy, mul, randomUniform, sign, square, sub, sum } from '../ops/index.ts';
import { DeviceGenerator } from '../ops/random.ts';
import { createOptimiser } from '../optim/optimiser.ts';
import { type Tensor, tensor } from '../tensor.ts';
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

/** @throws ArgumentError unless the value is a generator of random tensors */
export function checkGenerator(op: string, rng: unknown): asserts rng is DeviceGenerator {
  if (!(rng instanceof DeviceGenerator)) throw new ArgumentError(op, `rng must be a DeviceGenerator, not ${kindOf(rng)}`);
}

function checkSteps(steps: number): void {
  if (!Number.isInteger(steps) || steps < 0)
    throw new ConfigError('steps', `must be a whole number of at least 0, got ${steps}.`);
}

/** @throws ConfigError unless this is a size */
export function checkEpsilon(epsilon: number): number {
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
  checkTensor('signNoise', x);
  requireRecord('signNoise', options);
  checkGenerator('signNoise', options.rng);
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
  if (!(stepSize >= 0)) throw new ConfigError('stepSize', `must be a number of at least 0, got ${stepSize}.`);
  checkSteps(steps);
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
  return lastOf(pgdPath(network, x, targets, options));
}

/** The end of a path; the points before it are released. */
function lastOf(path: Generator<Tensor, void>): Tensor {
  return scope(() => {
    let last: Tensor | undefined;
    for (const point of path) {
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
 * The points x + δ on the way to δ that minimises Σ_n CE(f(x_n + δ_n), y_t) + λ‖δ_n‖² by Adam from δ = 0, the start first (the targeted form after
 * Szegedy et al. 2014). With a clip, x + δ is clipped in every step. Each point belongs to the caller, as those of `pgdPath`.
 * @param targets the classes that the network shall see
 */
export function* penalisedPath(
  network: Network,
  x: Tensor,
  targets: Targets,
  options: PenalisedAttackOptions = {},
): Generator<Tensor, void> {
  checkSubject(network, x);
  requireRecord('penalisedPath', options);
  const { lambda = 0.1, steps = 100, lr = 0.01, clip, onStep } = options;
  if (!(lambda >= 0)) throw new ConfigError('lambda', `must be a number of at least 0, got ${lambda}.`);
  checkSteps(steps);
  const delta = keep(tensor(new Float32Array(x.size), x.shape, { device: x.device, requiresGrad: true }));
  const optimiser = createOptimiser([delta], { type: 'adam', lr });
  const moved = () => clipped(add(x.detach(), delta), clip);
  try {
    yield noGrad(() => scope(moved));
    for (let step = 0; step < steps; step++) {
      scope(() =>
        inEvaluation(network, () => {
          const labels = targetTensor(targets, x.shape[0] as number, x, network.outputShape.at(-1));
          const loss = crossEntropy(network.forward(moved()), labels, { reduction: 'sum' });
          optimiser.step(grad(add(loss, mul(sum(square(delta)), lambda)), [delta]));
        }),
      );
      onStep?.(step + 1, steps);
      yield noGrad(() => scope(moved));
    }
  } finally {
    optimiser.dispose();
    delta.dispose();
  }
}

/** Where the penalised attack ends (see `penalisedPath`). */
export function penalisedAttack(network: Network, x: Tensor, targets: Targets, options: PenalisedAttackOptions = {}): Tensor {
  checkSubject(network, x);
  requireRecord('penalisedAttack', options);
  return lastOf(penalisedPath(network, x, targets, options));
}
