/** How often images that are changed a little are still recognised. */

import { noGrad } from '../autodiff.ts';
import { ArgumentError, ConfigError, kindOf, requireRecord } from '../errors.ts';
import type { Network } from '../nn/network.ts';
import { argmax, max, softmax } from '../ops/index.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import type { Tensor } from '../tensor.ts';
import { inBatches } from '../train/batches.ts';
import type { TrainingData } from '../train/data.ts';
import { type AttackOptions, checkGenerator, fgsm, pgd, signNoise } from './adversarial.ts';
import { checkNetwork, inEvaluation } from './scores.ts';

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
  /** The network that is asked about the changed images; default: the one that they are made against. Another one: do they transfer? */
  readonly judge?: Network;
  /** Default 256. */
  readonly batchSize?: number;
  readonly onProgress?: (epsilon: number, share: number) => void;
}

export interface RobustAccuracy {
  readonly epsilon: number;
  readonly accuracy: number;
  /** Mean probability that the network gives its wrong answers; null where all are right. */
  readonly errorConfidence: number | null;
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
  if (typeof data?.open !== 'function') {
    throw new ArgumentError('robustAccuracy', `the data must be TrainingData (arrayData, imageData), not ${kindOf(data)}`);
  }
  checkNetwork(network);
  requireRecord('robustAccuracy', options);
  const { attack, epsilons, clip, rng, steps = 40, judge = network, batchSize = 256, onProgress } = options;
  checkNetwork(judge);
  if (!Array.isArray(epsilons)) {
    throw new ArgumentError('robustAccuracy', `epsilons must be a list of numbers, not ${kindOf(epsilons)}`);
  }
  if (attack !== 'fgsm') {
    if (!rng) throw new ConfigError('rng', `'${attack}' draws random numbers: give a generator.`);
    checkGenerator('robustAccuracy', rng);
  }
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
    let sure = 0;
    const batches = inBatches(data, network.device, batchSize, ({ inputs, targets }) => {
      const x = changed(inputs, targets, epsilon);
      return noGrad(() =>
        inEvaluation(judge, () => {
          const scores = judge.forward(x);
          return [argmax(scores), max(softmax(scores), { axes: [1] })];
        }),
      );
    });
    for await (const { start, size, values } of batches) {
      const [predictions, confidence] = values;
      predictions?.forEach((prediction, i) => {
        if (prediction === labels[start + i]) right++;
        else sure += confidence?.[i] ?? 0;
      });
      onProgress?.(epsilon, (start + size) / data.count);
    }
    const wrong = data.count - right;
    results.push({ epsilon, accuracy: right / data.count, errorConfidence: wrong > 0 ? sure / wrong : null });
  }
  return results;
}
