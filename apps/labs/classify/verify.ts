/** What stands behind *Verify* on the lab's cards: which tensors of the network as it is are checked. */
import { take } from '../../../engine/data/dataset.ts';
import { ConfigError, crossEntropy as crossEntropyOf, grad, scope, type Tensor } from '../../../engine/index.ts';
import type { Conv2dOptions } from '../../../engine/kernels/conv2d-sizes.ts';
import type { Conv2dDefinition, LayerDefinition } from '../../../engine/nn/definition.ts';
import type { Verification } from '../../math/card.ts';
import {
  activationChecks,
  adamChecks,
  convolutionChecks,
  copyOf,
  dropoutChecks,
  type LayerValues,
  linearChecks,
  lossChecks,
  momentumChecks,
  poolingChecks,
  type Values,
  weightGradient,
} from '../../math/checks.ts';
import type { Training } from './training.ts';

/** Pictures in the checks. */
const COUNT = 2;

/** What enters and leaves the layer at `index` of the definition for the first training images. */
async function layerValues(training: Training, index: number): Promise<LayerValues> {
  const { x: images, labels } = training.batchOf(take(training.pictures.train, COUNT));
  const weight = new Map(training.network.namedParameters()).get(`${index}.weight`) as Tensor;
  const [input, gradient, loss] = training.evaluating((network) =>
    scope(() => {
      const wanted = index === 0 ? [index] : [index - 1, index];
      const { output, activations } = network.forward(images, { capture: wanted, fuse: false });
      const error = crossEntropyOf(output, labels);
      const layerOutput = activations.get(String(index)) as Tensor;
      const [dy] = grad(error, [layerOutput]);
      return [index === 0 ? images : (activations.get(String(index - 1)) as Tensor), dy as Tensor, error] as const;
    }),
  );
  const values = { x: await copyOf(input), w: await copyOf(weight), dy: await copyOf(gradient) };
  for (const made of new Set([images, labels, input, gradient, loss])) made.dispose();
  return values;
}

function indexOf(training: Training, type: LayerDefinition['type'], which: 'first' | 'last'): number {
  const of = (layer: LayerDefinition): boolean => layer.type === type;
  const { definition } = training.network;
  const index = which === 'first' ? definition.findIndex(of) : definition.findLastIndex(of);
  if (index < 0) throw new ConfigError('network', `has no layer of type ${type} to check.`);
  return index;
}

function convolution(training: Training, card: string): Promise<Verification[]> {
  const index = indexOf(training, 'conv2d', 'first');
  const { stride, padding, dilation, groups } = training.network.definition[index] as Conv2dDefinition;
  const options = Object.fromEntries(
    Object.entries({ stride, padding, dilation, groups }).filter(([, value]) => value !== undefined),
  ) as Conv2dOptions;
  return layerValues(training, index).then((values) => convolutionChecks(card, values, options));
}

async function losses(training: Training, card: string): Promise<Verification[]> {
  const set = take(training.pictures.train, COUNT);
  const { x, labels } = training.batchOf(set);
  const outputs = training.evaluating((network) => scope(() => network.forward(x)));
  const scores = await copyOf(outputs);
  for (const made of [x, labels, outputs]) made.dispose();
  return lossChecks(card, scores, Int32Array.from(set.labels));
}

/** One update of the weights of the last layer by the gradient of the moment. */
async function update(training: Training, card: string): Promise<Verification[]> {
  const values = await layerValues(training, indexOf(training, 'linear', 'last'));
  const { rate: lr, beta1, beta2, epsilon: eps, momentum, decay: weightDecay, epsilonForm } = training.config;
  const moment = { theta: values.w.data, g: weightGradient(values), step: training.trainer.progress.step + 1 };
  if (card === 'sgd-momentum') return momentumChecks(moment, { lr, momentum, weightDecay });
  return adamChecks(moment, { lr, betas: [beta1, beta2], eps, weightDecay, epsilonForm });
}

/** The first training images, as the network sees them. */
async function images(training: Training): Promise<Values> {
  const { x, labels } = training.batchOf(take(training.pictures.train, COUNT));
  const values = await copyOf(x);
  x.dispose();
  labels.dispose();
  return values;
}

/** @param card id of a card that `verifiable` names */
export async function verify(training: Training, card: string): Promise<Verification[]> {
  if (card.startsWith('conv2d')) return convolution(training, card);
  if (card.startsWith('linear')) return linearChecks(card, await layerValues(training, indexOf(training, 'linear', 'last')));
  if (['adam', 'sgd-momentum', 'weight-decay'].includes(card)) return update(training, card);
  if (card === 'max-pool') return poolingChecks(await images(training));
  if (card === 'relu') return activationChecks(card, 'relu', await images(training));
  if (card === 'dropout') return dropoutChecks(await images(training), training.config.p, training.config.seed);
  if (['softmax', 'cross-entropy', 'double-softmax'].includes(card)) return losses(training, card);
  throw new Error(`there is no check for the card '${card}'`);
}
