/** The noise model x̃ = x ⊙ uᵞ + σ n and what is known of it in closed form. */
import { add, type DeviceGenerator, mul, powScalar, randomNormal, randomUniform, type Tensor } from '../../../engine/index.ts';

export interface Noise {
  /** γ */
  readonly power: number;
  /** σ */
  readonly level: number;
}

/** A fresh noisy version of a batch, drawn on the device. */
export function noisy(x: Tensor, { power, level }: Noise, rng: DeviceGenerator): Tensor {
  const shadow = powScalar(randomUniform(x.shape, { rng }), power);
  return add(mul(x, shadow), mul(randomNormal(x.shape, { rng }), level));
}

export interface Baselines {
  /** Mean squared error of answering 0, the mean grey. */
  readonly zero: number;
  /** Gain and error of the best answer of the form a·x̃ + b, the same for every pixel. */
  readonly gain: number;
  readonly linear: number;
}

/**
 * Errors that need no network, from the mean and the mean square of the pixels in normalised units:
 * E[uᵞ] = 1/(γ + 1), E[u²ᵞ] = 1/(2γ + 1), so a = Cov(x, x̃)/Var(x̃).
 */
export function baselines(mean: number, meanSquare: number, { power, level }: Noise): Baselines {
  const first = 1 / (power + 1);
  const second = 1 / (2 * power + 1);
  const variance = meanSquare - mean * mean;
  const covariance = first * variance;
  const noisyVariance = second * meanSquare + level * level - (first * mean) ** 2;
  const gain = covariance / noisyVariance;
  return { zero: meanSquare, gain, linear: variance - gain * covariance };
}
