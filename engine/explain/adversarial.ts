/** Images changed a little to change the network's mind. */
import { grad } from '../autodiff.ts';
import { ConfigError } from '../errors.ts';
import { scope } from '../memory.ts';
import type { Network } from '../nn/network.ts';
import { add, clamp, crossEntropy, mul, randomUniform, sign, sub } from '../ops/index.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import type { Tensor } from '../tensor.ts';
import { asInput, inEvaluation, type Targets, targetTensor } from './scores.ts';

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
  return scope(() => {
    const direction = ascent(network, x, targets, options.targeted ?? false);
    return clipped(add(x.detach(), mul(direction, options.epsilon)), options.clip);
  });
}

/** x ← Π_{‖x′−x‖∞ ≤ ε} clip(x + α sign ∇ₓ L(x, y)), repeated (Madry et al. 2018). */
export function pgd(network: Network, x: Tensor, targets: Targets, options: PgdOptions): Tensor {
  const { epsilon, stepSize, steps, targeted = false, randomStart = true, rng } = options;
  if (randomStart && !rng) throw new ConfigError('rng', 'a random start needs a generator; give one or set randomStart: false.');
  return scope(() => {
    const origin = x.detach();
    let current = origin;
    if (randomStart) {
      const noise = mul(sub(randomUniform(x.shape, { rng: rng as DeviceGenerator }), 0.5), 2 * epsilon);
      current = clipped(add(origin, noise), options.clip);
    }
    for (let t = 0; t < steps; t++) {
      const before = current;
      current = scope(() => {
        const moved = clipped(add(before, mul(ascent(network, before, targets, targeted), stepSize)), options.clip);
        return clipped(add(origin, clamp(sub(moved, origin), -epsilon, epsilon)), options.clip);
      });
      if (before !== origin) before.dispose();
      options.onStep?.(t + 1, steps);
    }
    return current === origin ? origin.detach() : current;
  });
}
