/** Training on attacked images (Madry et al. 2018): min_θ E max_{‖δ‖∞ ≤ ε} L(x + δ, y). */
import { requireRecord } from '../errors.ts';
import type { Network } from '../nn/network.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import type { Batch } from '../train/data.ts';
import { type AttackOptions, checkEpsilon, pgd } from './adversarial.ts';
import { checkNetwork } from './scores.ts';

export interface AdversarialTrainingOptions {
  /** Largest change of a pixel, in units of the input. */
  readonly epsilon: number;
  /** Steps of the inner maximisation. Default 7. */
  readonly steps?: number;
  /** Default 2.5 ε/steps. */
  readonly stepSize?: number;
  readonly clip?: AttackOptions['clip'];
}

/**
 * The inner maximisation as a trainer's `transform`: each batch is replaced by where projected gradient descent with a random start ends against the
 * network as it then is. Gradients of the step do not flow through the attack.
 */
export function adversarialTransform(
  network: Network,
  options: AdversarialTrainingOptions,
): (batch: Batch, rng: DeviceGenerator) => Batch {
  checkNetwork(network);
  requireRecord('adversarialTransform', options);
  const { epsilon, steps = 7, stepSize = (2.5 * epsilon) / steps, clip } = options;
  checkEpsilon(epsilon);
  return ({ inputs, targets }, rng) => {
    const attacked = pgd(network, inputs, targets, { epsilon, steps, stepSize, rng, ...(clip && { clip }) });
    return { inputs: attacked.detach(), targets };
  };
}
