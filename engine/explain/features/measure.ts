/** What finished images are worth: the objective under transformations that they were not optimised with. */
import { noGrad } from '../../autodiff.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { scope } from '../../memory.ts';
import type { Network } from '../../nn/network.ts';
import { affineWarp } from '../../ops/index.ts';
import { Generator } from '../../random.ts';
import { type Tensor, tensor } from '../../tensor.ts';
import type { Objective } from './objectives.ts';
import { checkRobustness, drawTransforms, type RobustnessOptions } from './robustness.ts';
import { normalised, type VisualiseOptions } from './visualise.ts';

export interface ObjectiveOptions {
  readonly network: Network;
  readonly objective: Objective;
  /** [N, H, W, C] in [0, 1]. */
  readonly images: Tensor;
  readonly robustness: RobustnessOptions;
  readonly normalisation?: VisualiseOptions['normalisation'];
  /** Transformations that each image is seen under. Default 16. */
  readonly draws?: number;
  /** Of the transformations: images that are compared are seen under the same ones. Default 0. */
  readonly seed?: number;
}

/**
 * The mean of an objective over transformed versions of each image, [N]: what is left of it where position, size and angle are not exactly
 * those that the image was made for (Olah et al. 2017, Feature Visualization, 'transformation robustness').
 * @throws ShapeError unless the images are [N, H, W, C]; ConfigError for a number of draws below 1
 */
export async function objectiveUnderTransforms(options: ObjectiveOptions): Promise<Float32Array<ArrayBuffer>> {
  const { network, objective, images, robustness, normalisation, draws = 16, seed = 0 } = options;
  if (images.rank !== 4) throw new ShapeError('objectiveUnderTransforms', [images.shape], 'the images must be [N, H, W, C]');
  if (!Number.isInteger(draws) || draws < 1)
    throw new ConfigError('draws', `must be a whole number of at least 1, got ${draws}.`);
  checkRobustness(robustness);
  const [n, height, width] = images.shape as [number, number, number];
  const [h, w] = network.inputShape as [number, number];
  const rng = new Generator(seed, 'measured transformations');
  const mean = new Float32Array(n);
  const { training } = network;
  network.eval();
  try {
    for (let draw = 0; draw < draws; draw++) {
      // One matrix for all images: they are seen alike.
      const one = drawTransforms(robustness, 1, [height, width], [h, w], rng);
      const matrices = Float32Array.from({ length: 6 * n }, (_, i) => one[i % 6] as number);
      const values = scope(() =>
        noGrad(() => {
          const M = tensor(matrices, [n, 6], { device: network.device });
          const seen = affineWarp(images, M, { size: [h, w], fill: 0.5 });
          const { output, activations } = network.forward(normalised(seen, normalisation), { capture: objective.layers });
          return objective.value({ image: images, output, layer: (key) => activations.get(String(key)) as Tensor });
        }),
      );
      const host = await values.data();
      values.dispose();
      for (let i = 0; i < n; i++) mean[i] = (mean[i] as number) + (host[i] as number) / draws;
    }
  } finally {
    network.train(training);
  }
  return mean;
}
