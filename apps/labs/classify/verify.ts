/** What stands behind *Verify* on the lab's cards: which tensors of the network as it is are checked. */
import { take } from '../../../engine/data/dataset.ts';
import { ConfigError, crossEntropy as crossEntropyOf, grad, scope, type Tensor } from '../../../engine/index.ts';
import type { Conv2dOptions } from '../../../engine/kernels/conv2d-sizes.ts';
import type { BatchNormDefinition, Conv2dDefinition, LayerDefinition } from '../../../engine/nn/definition.ts';
import type { Verification } from '../../math/card.ts';
import {
  activationChecks,
  adamChecks,
  convolutionChecks,
  copyOf,
  descentChecks,
  dropoutChecks,
  type LayerValues,
  linearChecks,
  lossChecks,
  momentumChecks,
  poolingChecks,
  type Values,
  weightGradient,
} from '../../math/checks.ts';
import { batchNormChecks, globalAverageChecks, maxPoolGradientChecks, residualChecks } from '../../math/layer-checks.ts';
import type { Training } from './training.ts';

/** Pictures in the checks. */
const COUNT = 2;

/** What enters the layer at `index` of the definition, and the outputs at `paths`, for the first training images. */
async function passing(training: Training, index: number, paths: readonly string[] = []) {
  const { x: images, labels } = training.batchOf(take(training.pictures.train, COUNT));
  const made = training.evaluating((network) =>
    scope(() => {
      const before = index === 0 ? [] : [String(index - 1)];
      const { output, activations } = network.forward(images, { capture: [...before, ...paths, String(index)], fuse: false });
      const input = before[0] === undefined ? images : (activations.get(before[0]) as Tensor);
      const [gy] = grad(crossEntropyOf(output, labels), [activations.get(String(index)) as Tensor]);
      return [input, gy as Tensor, ...paths.map((path) => activations.get(path) as Tensor)] as const;
    }),
  );
  const [x, gy, ...outputs] = await Promise.all(made.map(copyOf));
  for (const tensor of new Set([images, labels, ...made])) tensor.dispose();
  return { x: x as Values, gy: gy as Values, outputs };
}

/** A parameter of a layer. */
async function parameterOf({ network }: Training, name: string): Promise<Values> {
  return copyOf(new Map(network.namedParameters()).get(name) as Tensor);
}

async function layerValues(training: Training, index: number): Promise<LayerValues> {
  const { x, gy } = await passing(training, index);
  return { x, gy, w: await parameterOf(training, `${index}.weight`) };
}

async function normalisation(training: Training, card: string): Promise<Verification[]> {
  const isNorm = ({ type }: LayerDefinition): boolean => type === 'batchnorm2d' || type === 'batchnorm1d';
  const index = training.network.definition.findIndex(isNorm);
  if (index < 0) throw new ConfigError('network', 'has no batch normalisation to check: switch it on in the settings.');
  const { eps = 1e-5 } = training.network.definition[index] as BatchNormDefinition;
  const [gamma, beta] = [await parameterOf(training, `${index}.weight`), await parameterOf(training, `${index}.bias`)];
  return batchNormChecks(card, { ...(await passing(training, index)), gamma, beta, epsilon: eps });
}

async function residual(training: Training): Promise<Verification[]> {
  const index = indexOf(training, 'residual', 'first');
  const bridged = training.network.modules.some(({ path }) => path === `${index}.bridge`);
  const { x, outputs } = await passing(training, index, [`${index}.body`, ...(bridged ? [`${index}.bridge`] : [])]);
  const [body, bridge = x] = outputs as [Values, Values?];
  return residualChecks(bridge, body);
}

/** What enters the first layer of a type; the pictures themselves where the network has none. */
async function entering(training: Training, type: LayerDefinition['type']): Promise<Values> {
  const index = training.network.definition.findIndex((layer) => layer.type === type);
  return index < 0 ? images(training) : (await passing(training, index)).x;
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
  if (card === 'sgd') return descentChecks(moment, { lr, weightDecay });
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
  if (['adam', 'sgd', 'sgd-momentum', 'weight-decay'].includes(card)) return update(training, card);
  if (card === 'max-pool') return poolingChecks(await entering(training, 'maxpool2d'));
  if (card === 'max-pool-gradient') return maxPoolGradientChecks(await entering(training, 'maxpool2d'));
  if (card === 'global-average-pool') return globalAverageChecks(await entering(training, 'globalavgpool2d'));
  if (card.startsWith('batch-norm')) return normalisation(training, card);
  if (card === 'residual') return residual(training);
  if (card === 'relu') return activationChecks(card, 'relu', await images(training));
  if (card === 'dropout') return dropoutChecks(await images(training), training.config.p, training.config.seed);
  if (['softmax', 'cross-entropy', 'double-softmax'].includes(card)) return losses(training, card);
  throw new Error(`there is no check for the card '${card}'`);
}
