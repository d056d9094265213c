/**
 * What *Verify* compares for the cards of the engine, on values that a lab took from its network: kernels against their references, the
 * tape against central differences. A lab chooses the values; nothing here knows a lab.
 */
import {
  conv2d as convolve,
  crossEntropy as crossEntropyOf,
  getDevice,
  linear as linearOf,
  maxPool2d,
  mseLoss,
  softmax as softmaxOf,
  type Tensor,
  tensor,
} from '../../engine/index.ts';
import { conv2d } from '../../engine/kernels/conv2d.ts';
import { conv2dInputGradient } from '../../engine/kernels/conv2d-input-gradient.ts';
import { type Conv2dOptions, conv2dSizes } from '../../engine/kernels/conv2d-sizes.ts';
import { conv2dWeightGradient } from '../../engine/kernels/conv2d-weight-gradient.ts';
import { NO_BIAS_SIZE, NO_EPILOGUE } from '../../engine/kernels/epilogue.ts';
import { matmul } from '../../engine/kernels/matmul.ts';
import { matmulNT, matmulTN } from '../../engine/kernels/matmul-transposed.ts';
import {
  ADAM_HYPER_LENGTH,
  type AdamNumbers,
  adam,
  adamHyper,
  type SgdNumbers,
  sgd,
  sgdHyper,
  sgdMomentum,
} from '../../engine/kernels/optimizer.ts';
import { maxPool } from '../../engine/kernels/pooling.ts';
import { dropout } from '../../engine/kernels/random.ts';
import { referenceOf } from '../../engine/kernels/references.ts';
import { resize, resizeGradient, resizeParams } from '../../engine/kernels/resize.ts';
import { crossEntropy, softmax } from '../../engine/kernels/softmax.ts';
import { type UnaryName, unaryGradientKernels, unaryKernels } from '../../engine/kernels/unary.ts';
import type { Verification } from './card.ts';
import { verifyGradient, verifyKernel } from './verify.ts';

/** A tensor on the host. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** Input, weights and output gradient of one layer. */
export interface LayerValues {
  readonly x: Values;
  readonly w: Values;
  readonly gy: Values;
}

const SUMS = 1e-4;
const NO_BIAS = new Float32Array(NO_BIAS_SIZE);

export const copyOf = async (value: Tensor): Promise<Values> => ({ shape: value.shape, data: await value.data() });
const owned = ({ data, shape }: Values): Tensor => tensor(data, [...shape]);

/** Runs a check on tensors that are released after it. */
export async function on(
  values: readonly Values[],
  check: (...tensors: Tensor[]) => Promise<Verification>,
): Promise<Verification> {
  const tensors = values.map(owned);
  try {
    return await check(...tensors);
  } finally {
    for (const made of tensors) made.dispose();
  }
}

/** The cards `conv2d`, `conv2d-input-gradient`, `conv2d-weight-gradient`. x [N, H, W, Ci], w [kh, kw, Ci, Co]. */
export async function convolutionChecks(
  card: string,
  { x, w, gy }: LayerValues,
  options: Conv2dOptions,
): Promise<Verification[]> {
  const sizes = conv2dSizes(x.shape, w.shape, options);
  const device = getDevice();
  const all = { ...sizes, ...NO_EPILOGUE };
  if (card === 'conv2d-input-gradient') {
    const given = { gy: gy.data, w: w.data, bias: NO_BIAS };
    return verifyKernel(device, conv2dInputGradient, given, all, { shapes: { gx: x.shape }, tolerance: SUMS });
  }
  if (card === 'conv2d-weight-gradient') {
    const given = { x: x.data, gy: gy.data };
    return verifyKernel(
      device,
      conv2dWeightGradient,
      given,
      { ...sizes, hasBias: 1 },
      { shapes: { gw: w.shape }, tolerance: SUMS },
    );
  }
  const given = { x: x.data, w: w.data, bias: NO_BIAS };
  const kernel = await verifyKernel(device, conv2d, given, all, { shapes: { y: gy.shape }, tolerance: SUMS });
  const tape = await on([x, w], (images, weights) =>
    verifyGradient('∂y/∂w', (v) => convolve(images as Tensor, v as Tensor, null, options), [weights as Tensor], {
      epsilon: 3e-2,
      maxElements: 12,
    }),
  );
  return [...kernel, tape];
}

/** x doubled in height and width, bilinearly, [N, 2H, 2W, C]. */
export function doubled(x: Values): Values {
  const { params, shape } = doubling(x.shape);
  const y = new Float32Array(shape.reduce((a, b) => a * b, 1));
  referenceOf(resize)({ x: x.data }, { y }, params);
  return { shape, data: y };
}

function doubling(given: readonly number[]) {
  const [N, H, W, C] = given as readonly [number, number, number, number];
  const shape = [N, 2 * H, 2 * W, C] as const;
  return { shape, params: resizeParams({ shape: [N, H, W, C], size: [2 * H, 2 * W], mode: 'bilinear' }) };
}

/** The cards `bilinear` and `bilinear-gradient`. x [N, H, W, C]; for the gradient its doubled form stands for what flows back. */
export function resizeChecks(card: string, x: Values): Promise<Verification[]> {
  const { params, shape } = doubling(x.shape);
  const device = getDevice();
  if (card === 'bilinear') return verifyKernel(device, resize, { x: x.data }, params, { shapes: { y: shape } });
  const gy = doubled(x).data;
  return verifyKernel(device, resizeGradient, { gy }, params, { shapes: { gx: x.shape }, tolerance: SUMS });
}

/** The cards `linear`, `linear-input-gradient`, `linear-weight-gradient`. x [M, K], w [K, N]. */
export async function linearChecks(card: string, { x, w, gy }: LayerValues): Promise<Verification[]> {
  const device = getDevice();
  const [K, N] = w.shape as [number, number];
  const M = x.shape[0] as number;
  const sizes = { batch: 1, aBatchStride: 0, bBatchStride: 0 };
  const tolerance = SUMS;
  if (card === 'linear-input-gradient') {
    return verifyKernel(device, matmulNT, { a: gy.data, b: w.data }, { ...sizes, M, N: K, K: N }, { tolerance });
  }
  if (card === 'linear-weight-gradient') {
    return verifyKernel(device, matmulTN, { a: x.data, b: gy.data }, { ...sizes, M: K, N, K: M }, { tolerance });
  }
  const given = { a: x.data, b: w.data, bias: NO_BIAS };
  const params = { ...sizes, M, N, K, ...NO_EPILOGUE };
  const kernel = await verifyKernel(device, matmul, given, params, { shapes: { y: gy.shape }, tolerance });
  const tape = await on([x, w], (a, b) =>
    verifyGradient('∂y/∂(x, W)', (u, v) => linearOf(u as Tensor, v as Tensor, null), [a as Tensor, b as Tensor], {
      epsilon: 3e-2,
      maxElements: 12,
    }),
  );
  return [...kernel, tape];
}

/** Spread of logits up to which differences of the loss say something. */
const SPREAD = 4;

/**
 * Logits drawn together to a spread of 4. Where a network is sure, Σe is 1 and a few units of rounding: the loss cannot be told from that of
 * the neighbouring logits in single precision, and a difference quotient of it is noise.
 */
function drawnTogether({ shape, data }: Values): Values {
  const spread =
    data.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY) -
    data.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  return spread <= SPREAD ? { shape, data } : { shape, data: data.map((value) => (value * SPREAD) / spread) };
}

/** The cards `softmax`, `cross-entropy`, `double-softmax`. scores [N, classes]. */
export async function lossChecks(card: string, scores: Values, labels: Int32Array<ArrayBuffer>): Promise<Verification[]> {
  const device = getDevice();
  const [rows, classes] = scores.shape as [number, number];
  const targets = tensor(labels, [rows], { dtype: 'i32' });
  const loss = (z: Tensor): Tensor =>
    card === 'double-softmax' ? crossEntropyOf(softmaxOf(z, { axis: -1 }), targets) : crossEntropyOf(z, targets);
  const only = card === 'softmax';
  try {
    const shapes = { y: scores.shape, gx: scores.shape };
    const kernel = only
      ? await verifyKernel(device, softmax, { x: scores.data }, { rows, classes }, { shapes })
      : await verifyKernel(device, crossEntropy, { x: scores.data, labels }, { rows, classes, scale: 1 }, { shapes });
    const tape = await on([drawnTogether(scores)], (logits) =>
      verifyGradient(only ? '∂p/∂z' : '∂L/∂z', (z) => (only ? softmaxOf(z as Tensor, { axis: -1 }) : loss(z as Tensor)), [
        logits as Tensor,
      ]),
    );
    return [...kernel, tape];
  } finally {
    targets.dispose();
  }
}

/** The card `mse`: prediction and target of one shape. */
export async function meanSquaredErrorChecks(prediction: Values, target: Values): Promise<Verification[]> {
  const tape = on([prediction, target], (x, t) =>
    verifyGradient('∂E/∂x', (v) => mseLoss(v as Tensor, t as Tensor), [x as Tensor], { epsilon: 3e-2, maxElements: 24 }),
  );
  return [await tape];
}

export type OptimiserValues = {
  /** Parameters and their gradient, of one length. */
  readonly theta: Float32Array<ArrayBuffer>;
  readonly g: Float32Array<ArrayBuffer>;
  /** Number of the step to come, from 1. */
  readonly step: number;
  /** Adam's first and second moment before it. */
  readonly moments?: readonly Float32Array<ArrayBuffer>[];
};

/** Adam's numbers; those left out have the engine's defaults. */
export type AdamSettings = Pick<AdamNumbers, 'lr'> & Partial<AdamNumbers>;

/** The cards `adam` and `weight-decay`: one step, from the moments that are given, or from moments in proportion to the gradient. */
export function adamChecks({ theta, g, step, moments }: OptimiserValues, settings: AdamSettings): Promise<Verification[]> {
  const hyper = adamHyper({ betas: [0.9, 0.999], eps: 1e-8, ...settings }, step);
  if (hyper.length !== ADAM_HYPER_LENGTH) throw new Error('Adam has other numbers than its kernel');
  const m = moments?.[0] ?? g.map((value) => 0.1 * value);
  const v = moments?.[1] ?? m.map((value) => value * value);
  const before = { p: theta, m, v };
  return verifyKernel(getDevice(), adam, { hyper, g }, { count: g.length }, { before });
}

/** The card `sgd-momentum`: one step. */
export function momentumChecks({ theta, g, step }: OptimiserValues, settings: SgdNumbers): Promise<Verification[]> {
  const before = { p: theta, b: g.map((value) => 0.1 * value) };
  return verifyKernel(getDevice(), sgdMomentum, { hyper: sgdHyper(settings, step), g }, { count: g.length }, { before });
}

/** The card `sgd`: one step. */
export function descentChecks({ theta, g, step }: OptimiserValues, settings: SgdNumbers): Promise<Verification[]> {
  const given = { hyper: sgdHyper(settings, step), g };
  return verifyKernel(getDevice(), sgd, given, { count: g.length }, { before: { p: theta } });
}

/** The card `max-pool`: windows of 2 × 2. x [N, H, W, C]. */
export async function poolingChecks(x: Values): Promise<Verification[]> {
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

/** The cards of an activation, `relu` or `relu-gradient`: element by element. */
export function activationChecks(card: string, name: UnaryName, x: Values): Promise<Verification[]> {
  const params = { count: x.data.length, alpha: 0, beta: 0 };
  const device = getDevice();
  if (!card.endsWith('-gradient'))
    return verifyKernel(device, unaryKernels[name], { x: x.data }, params, { shapes: { y: x.shape } });
  const saved = new Float32Array(x.data.length);
  referenceOf(unaryKernels[name])({ x: x.data }, { y: saved }, params);
  const gradient = unaryGradientKernels[name];
  if (!gradient) throw new Error(`'${name}' has no gradient kernel`);
  return verifyKernel(device, gradient, { gy: x.data, saved }, params, { shapes: { gx: x.shape } });
}

/** The card `dropout`: the mask of one draw. @param seed of the run */
export function dropoutChecks(x: Values, p: number, seed: number): Promise<Verification[]> {
  const given = { x: x.data, state: Uint32Array.of(seed >>> 0, 1, 0, 0) };
  return verifyKernel(getDevice(), dropout, given, { count: x.data.length, draw: 0, p }, { shapes: { y: x.shape } });
}

/** gᵀ: the gradient of a linear layer's weights from what enters it and what flows back, [K, N]. */
export function weightGradient({ x, w, gy }: LayerValues): Float32Array<ArrayBuffer> {
  const [K, N] = w.shape as [number, number];
  const y = new Float32Array(K * N);
  const params = { batch: 1, aBatchStride: 0, bBatchStride: 0, M: K, N, K: x.shape[0] as number };
  referenceOf(matmulTN)({ a: x.data, b: gy.data }, { y }, params);
  return y;
}
