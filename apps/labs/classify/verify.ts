/** What stands behind *Verify* on the lab's cards: kernels against their references and the tape, on tensors of the network as it is. */
import { take } from '../../../engine/data/dataset.ts';
import {
  ConfigError,
  conv2d as convolve,
  crossEntropy as crossEntropyOf,
  getDevice,
  grad,
  linear as linearOf,
  maxPool2d,
  scope,
  softmax as softmaxOf,
  type Tensor,
  tensor,
} from '../../../engine/index.ts';
import { conv2d } from '../../../engine/kernels/conv2d.ts';
import { conv2dInputGradient } from '../../../engine/kernels/conv2d-input-gradient.ts';
import { type Conv2dOptions, conv2dSizes } from '../../../engine/kernels/conv2d-sizes.ts';
import { conv2dWeightGradient } from '../../../engine/kernels/conv2d-weight-gradient.ts';
import { NO_BIAS_SIZE, NO_EPILOGUE } from '../../../engine/kernels/epilogue.ts';
import { matmul } from '../../../engine/kernels/matmul.ts';
import { matmulNT, matmulTN } from '../../../engine/kernels/matmul-transposed.ts';
import { ADAM_HYPER_LENGTH, adam, adamHyper, sgdHyper, sgdMomentum } from '../../../engine/kernels/optimizer.ts';
import { maxPool } from '../../../engine/kernels/pooling.ts';
import { crossEntropy, softmax } from '../../../engine/kernels/softmax.ts';
import type { Conv2dDefinition, LayerDefinition } from '../../../engine/nn/definition.ts';
import type { Verification } from '../../math/card.ts';
import { verifyGradient, verifyKernel } from '../../math/verify.ts';
import type { Training } from './training.ts';

/** Pictures in the checks. */
const COUNT = 2;

interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** Input, weights and output gradient of one layer, on the host. */
interface LayerValues {
  readonly x: Values;
  readonly w: Values;
  readonly dy: Values;
}

const copy = async (value: Tensor): Promise<Values> => ({ shape: value.shape, data: await value.data() });

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
  const values = { x: await copy(input), w: await copy(weight), dy: await copy(gradient) };
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

const owned = ({ data, shape }: Values): Tensor => tensor(data, [...shape]);

/** Runs a check on tensors that are released after it. */
async function on(values: readonly Values[], check: (...tensors: Tensor[]) => Promise<Verification>): Promise<Verification> {
  const tensors = values.map(owned);
  try {
    return await check(...tensors);
  } finally {
    for (const made of tensors) made.dispose();
  }
}

async function convolution(training: Training, card: string): Promise<Verification[]> {
  const index = indexOf(training, 'conv2d', 'first');
  const { stride, padding, dilation, groups } = training.network.definition[index] as Conv2dDefinition;
  const options = Object.fromEntries(
    Object.entries({ stride, padding, dilation, groups }).filter(([, value]) => value !== undefined),
  ) as Conv2dOptions;
  const { x, w, dy } = await layerValues(training, index);
  const sizes = conv2dSizes(x.shape, w.shape, options);
  const device = getDevice();
  const bias = new Float32Array(NO_BIAS_SIZE);
  const tolerance = 1e-4;
  if (card === 'conv2d-input-gradient') {
    const given = { dy: dy.data, w: w.data, bias };
    return verifyKernel(device, conv2dInputGradient, given, { ...sizes, ...NO_EPILOGUE }, { shapes: { dx: x.shape }, tolerance });
  }
  if (card === 'conv2d-weight-gradient') {
    const given = { x: x.data, dy: dy.data };
    return verifyKernel(device, conv2dWeightGradient, given, { ...sizes, hasBias: 1 }, { shapes: { dw: w.shape }, tolerance });
  }
  const given = { x: x.data, w: w.data, bias };
  const kernel = await verifyKernel(device, conv2d, given, { ...sizes, ...NO_EPILOGUE }, { shapes: { y: dy.shape }, tolerance });
  const tape = await on([w], (weights) => {
    const images = owned(x);
    return verifyGradient('∂y/∂w', (v) => convolve(images, v as Tensor, null, options), [weights as Tensor], {
      epsilon: 3e-2,
      maxElements: 12,
    }).finally(() => images.dispose());
  });
  return [...kernel, tape];
}

async function fullyConnected(training: Training, card: string): Promise<Verification[]> {
  const { x, w, dy } = await layerValues(training, indexOf(training, 'linear', 'last'));
  const device = getDevice();
  const [inputs, outputs] = w.shape as [number, number];
  const sizes = { batch: 1, aBatchStride: 0, bBatchStride: 0 };
  if (card === 'linear-input-gradient') {
    return verifyKernel(
      device,
      matmulNT,
      { a: dy.data, b: w.data },
      { ...sizes, M: COUNT, N: inputs, K: outputs },
      { tolerance: 1e-4 },
    );
  }
  if (card === 'linear-weight-gradient') {
    return verifyKernel(
      device,
      matmulTN,
      { a: x.data, b: dy.data },
      { ...sizes, M: inputs, N: outputs, K: COUNT },
      { tolerance: 1e-4 },
    );
  }
  const given = { a: x.data, b: w.data, bias: new Float32Array(NO_BIAS_SIZE) };
  const params = { ...sizes, M: COUNT, N: outputs, K: inputs, ...NO_EPILOGUE };
  const kernel = await verifyKernel(device, matmul, given, params, { shapes: { y: dy.shape }, tolerance: 1e-4 });
  const tape = await on([x, w], (a, b) =>
    verifyGradient('∂y/∂(x, W)', (u, v) => linearOf(u as Tensor, v as Tensor, null), [a as Tensor, b as Tensor], {
      epsilon: 3e-2,
      maxElements: 12,
    }),
  );
  return [...kernel, tape];
}

async function losses(training: Training, card: string): Promise<Verification[]> {
  const set = take(training.pictures.train, COUNT);
  const { x, labels } = training.batchOf(set);
  const outputs = training.evaluating((network) => scope(() => network.forward(x)));
  const scores = await copy(outputs);
  for (const made of [x, labels, outputs]) made.dispose();
  const device = getDevice();
  const params = { rows: COUNT, classes: scores.shape[1] as number };
  const targets = tensor(Int32Array.from(set.labels), [COUNT], { dtype: 'i32' });
  const loss = (logits: Tensor): Tensor =>
    card === 'double-softmax' ? crossEntropyOf(softmaxOf(logits, { axis: -1 }), targets) : crossEntropyOf(logits, targets);
  try {
    const kernel =
      card === 'softmax'
        ? await verifyKernel(device, softmax, { x: scores.data }, params, { shapes: { y: scores.shape } })
        : await verifyKernel(
            device,
            crossEntropy,
            { x: scores.data, labels: Int32Array.from(set.labels) },
            { ...params, scale: 1 },
            {
              shapes: { gx: scores.shape },
            },
          );
    const tape = await on([scores], (logits) =>
      verifyGradient(
        card === 'softmax' ? '∂p/∂z' : '∂L/∂z',
        (z) => (card === 'softmax' ? softmaxOf(z as Tensor, { axis: -1 }) : loss(z as Tensor)),
        [logits as Tensor],
      ),
    );
    return [...kernel, tape];
  } finally {
    targets.dispose();
  }
}

/** One update of the weights of the last layer by the gradient of the moment. */
async function update(training: Training, card: string): Promise<Verification[]> {
  const index = indexOf(training, 'linear', 'last');
  const { x, w, dy } = await layerValues(training, index);
  const [inputs, outputs] = w.shape as [number, number];
  const g = new Float32Array(inputs * outputs);
  for (let n = 0; n < COUNT; n++) {
    for (let i = 0; i < inputs; i++) {
      const a = x.data[n * inputs + i] as number;
      for (let o = 0; o < outputs; o++)
        g[i * outputs + o] = (g[i * outputs + o] as number) + a * (dy.data[n * outputs + o] as number);
    }
  }
  const { rate: lr, beta1, beta2, epsilon: eps, momentum, decay: weightDecay, epsilonForm } = training.config;
  const count = g.length;
  const device = getDevice();
  const step = training.trainer.progress.step + 1;
  const moments = new Float32Array(count).map((_, i) => 0.1 * (g[i] as number));
  if (card === 'sgd-momentum') {
    const before = { p: w.data, b: moments };
    return verifyKernel(device, sgdMomentum, { hyper: sgdHyper({ lr, momentum, weightDecay }, step), g }, { count }, { before });
  }
  const hyper = adamHyper({ lr, betas: [beta1, beta2], eps, weightDecay, epsilonForm }, step);
  if (hyper.length !== ADAM_HYPER_LENGTH) throw new Error('Adam has other numbers than its kernel');
  const before = { p: w.data, m: moments, v: moments.map((value) => value * value) };
  return verifyKernel(device, adam, { hyper, g }, { count }, { before });
}

async function pooling(training: Training): Promise<Verification[]> {
  const { x: images, labels } = training.batchOf(take(training.pictures.train, COUNT));
  const x = await copy(images);
  images.dispose();
  labels.dispose();
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [outHeight, outWidth] = [Math.floor(height / 2), Math.floor(width / 2)];
  const window = { kernelHeight: 2, kernelWidth: 2, strideY: 2, strideX: 2, padY: 0, padX: 0 };
  const params = { batch, height, width, channels, outHeight, outWidth, ...window };
  const kernel = await verifyKernel(getDevice(), maxPool, { x: x.data }, params);
  // Away from ties the tape must send each gradient to the largest pixel: noise makes every window's maximum single.
  const noisy = { shape: x.shape, data: x.data.map((value, i) => value + ((i * 0.618034) % 1) * 2) };
  const tape = await on([noisy], (image) =>
    verifyGradient('∂y/∂x of max pooling', (v) => maxPool2d(v as Tensor, { kernel: 2 }), [image as Tensor], {
      epsilon: 1e-3,
      maxElements: 24,
    }),
  );
  return [...kernel, tape];
}

/** @param card id of a card that `verifiable` names */
export function verify(training: Training, card: string): Promise<Verification[]> {
  if (card.startsWith('conv2d')) return convolution(training, card);
  if (card.startsWith('linear')) return fullyConnected(training, card);
  if (card === 'adam' || card === 'sgd-momentum') return update(training, card);
  if (card === 'max-pool') return pooling(training);
  if (card === 'softmax' || card === 'cross-entropy' || card === 'double-softmax') return losses(training, card);
  throw new Error(`there is no check for the card '${card}'`);
}
