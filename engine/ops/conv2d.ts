/**
 * Convolution of images. Forward, input gradient and weight gradient are bilinear and are each other's gradients, so all three are
 * operations and every order of derivative works.
 */
import { defineOperation, isRecording, type Operation } from '../autodiff.ts';
import { constant } from '../constant.ts';
import { ArgumentError, kindOf, ShapeError } from '../errors.ts';
import { conv2d as conv2dKernel } from '../kernels/conv2d.ts';
import { conv2dInputGradient as inputGradientKernel } from '../kernels/conv2d-input-gradient.ts';
import {
  type Conv2dSizes,
  conv2dSizes,
  convTranspose2dSizes,
  type Conv2dOptions as Sizing,
  type ConvTranspose2dOptions as TransposeSizing,
} from '../kernels/conv2d-sizes.ts';
import { conv2dStatistics as statisticsKernel } from '../kernels/conv2d-statistics.ts';
import { conv2dWeightGradient as weightGradientKernel } from '../kernels/conv2d-weight-gradient.ts';
import { type Epilogue, NO_EPILOGUE } from '../kernels/epilogue.ts';
import { emptyTensor, type Shape, type Tensor } from '../tensor.ts';
import { type Activation, activationGradient, epilogueOf } from './activation.ts';
import { checkTensor } from './arguments.ts';
import type { BatchStatistics } from './batch-norm.ts';
import { sum } from './reduce.ts';
import { run } from './run.ts';

interface ConvAttrs {
  readonly sizes: Conv2dSizes;
  readonly epilogue: Epilogue;
  /** Filled with the statistics of y; only without an activation. */
  readonly statistics?: BatchStatistics;
}

const inputShape = (p: Conv2dSizes): Shape => [p.N, p.H, p.W, p.Ci];
const outputShape = (p: Conv2dSizes): Shape => [p.N, p.Ho, p.Wo, p.Co];
const weightShape = (p: Conv2dSizes): Shape => [p.kh, p.kw, p.Ci / p.groups, p.Co];
const IMAGES = [0, 1, 2];

const conv2dOp: Operation<ConvAttrs> = defineOperation<ConvAttrs>({
  name: 'conv2d',
  equation: 'y_{nyxo} = h\\Big(b_o + \\sum_{u,v,c} x_{n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; w_{uvco}\\Big)',
  saves: 'both',
  forward([x, w, b], { sizes, epilogue, statistics }) {
    const y = emptyTensor(outputShape(sizes), 'conv2d', 'f32', (x as Tensor).device);
    const tensors = { x: x as Tensor, w: w as Tensor, bias: b ?? constant(0, y.device), y };
    if (statistics) run(statisticsKernel, { ...tensors, ...statistics }, { ...sizes, hasBias: epilogue.hasBias });
    else run(conv2dKernel, tensors, { ...sizes, ...epilogue });
    return y;
  },
  gradient(gy, { inputs: [x, w, b], output, attrs: { sizes, epilogue }, needs }) {
    const dy = activationGradient(gy, output, epilogue);
    const plain = { sizes, epilogue: NO_EPILOGUE };
    const dx = needs[0] ? inputGradientOp([dy, w as Tensor], plain) : null;
    if (isRecording() || !needs[1] || !(b && needs[2])) {
      const dw = needs[1] ? weightGradientOp([x as Tensor, dy], plain) : null;
      return b ? [dx, dw, needs[2] ? sum(dy, { axes: IMAGES }) : null] : [dx, dw];
    }
    // One kernel reads dy once for both.
    const dw = emptyTensor(weightShape(sizes), 'conv2dWeightGradient', 'f32', dy.device);
    const db = emptyTensor([sizes.Co], 'conv2dWeightGradient', 'f32', dy.device);
    run(weightGradientKernel, { x: x as Tensor, dy, dw, db }, { ...sizes, hasBias: 1 });
    return [dx, dw, db];
  },
});

/** Also the forward pass of the transposed convolution, which has a bias. */
export const inputGradientOp: Operation<ConvAttrs> = defineOperation<ConvAttrs>({
  name: 'conv2dInputGradient',
  equation:
    '\\mathrm{dx}_{n\\eta\\xi c} = \\sum_{u,v,o} \\mathrm{dy}_{nyxo}\\, w_{uvco},\\quad \\eta = sy + du - p,\\ \\xi = sx + dv - p',
  saves: 'inputs',
  forward([dy, w, b], { sizes, epilogue }) {
    const dx = emptyTensor(inputShape(sizes), 'conv2dInputGradient', 'f32', (dy as Tensor).device);
    const bias = b ?? constant(0, dx.device);
    run(inputGradientKernel, { dy: dy as Tensor, w: w as Tensor, bias, dx }, { ...sizes, ...epilogue });
    return dx;
  },
  gradient(g, { inputs: [dy, w, b], attrs: { sizes }, needs }) {
    const plain = { sizes, epilogue: NO_EPILOGUE };
    return [
      needs[0] ? conv2dOp([g, w as Tensor], plain) : null,
      needs[1] ? weightGradientOp([g, dy as Tensor], plain) : null,
      ...(b ? [needs[2] ? sum(g, { axes: IMAGES }) : null] : []),
    ];
  },
});

export const weightGradientOp: Operation<ConvAttrs> = defineOperation<ConvAttrs>({
  name: 'conv2dWeightGradient',
  equation: '\\mathrm{dw}_{uvco} = \\sum_{n,y,x} x_{n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; \\mathrm{dy}_{nyxo}',
  saves: 'inputs',
  forward([x, dy], { sizes }) {
    const dw = emptyTensor(weightShape(sizes), 'conv2dWeightGradient', 'f32', (x as Tensor).device);
    const none = emptyTensor([4], 'conv2dWeightGradient', 'f32', dw.device);
    run(weightGradientKernel, { x: x as Tensor, dy: dy as Tensor, dw, db: none }, { ...sizes, hasBias: 0 });
    none.dispose();
    return dw;
  },
  gradient(g, { inputs: [x, dy], attrs: { sizes }, needs }) {
    const plain = { sizes, epilogue: NO_EPILOGUE };
    return [needs[0] ? inputGradientOp([dy as Tensor, g], plain) : null, needs[1] ? conv2dOp([x as Tensor, g], plain) : null];
  },
});

export type Conv2dOptions = Sizing & Activation;
export type ConvTranspose2dOptions = TransposeSizing;

/** @throws ArgumentError unless x and w are tensors and b is one or null, and the options are some: conv2d(x, w, { padding: 1 }) forgets b */
export function checkOperands(op: string, x: unknown, w: unknown, b: unknown, options: unknown): void {
  checkTensor(op, x, 'the input');
  checkTensor(op, w, 'the weight');
  if (b !== null) checkTensor(op, b, 'the bias (null for none)');
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError(op, `its options must be an object such as { padding: 1 }, not ${kindOf(options)}`);
  }
}

/** @throws ShapeError unless there is no bias, or one element for each output channel */
export function checkBias(op: string, x: Tensor, w: Tensor, b: Tensor | null, channels: number): void {
  if (b && (b.rank !== 1 || b.shape[0] !== channels)) {
    throw new ShapeError(
      op,
      [x.shape, w.shape, b.shape],
      `the bias must have one element for each of the ${channels} output channels`,
    );
  }
}

/**
 * y [N, H', W', out] from x [N, H, W, in].
 * @param w [kernel height, kernel width, in / groups, out]
 * @param b [out], or null for none
 * @param options stride, padding (a number, a pair or 'same'), dilation, groups, and an activation computed in the same kernel
 */
export function conv2d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Conv2dOptions = {}): Tensor {
  checkOperands('conv2d', x, w, b, options);
  const sizes = conv2dSizes(x.shape, w.shape, options);
  checkBias('conv2d', x, w, b, sizes.Co);
  return conv2dOp(b ? [x, w, b] : [x, w], { sizes, epilogue: epilogueOf(options, b !== null) });
}

/**
 * `conv2d` without an activation, and the statistics of its channels for the batch normalisation behind it: the convolution sums them up
 * while it has y at hand. They have no gradient of their own; that of the normalisation accounts for them.
 */
export function conv2dWithStatistics(
  x: Tensor,
  w: Tensor,
  b: Tensor | null = null,
  options: Sizing = {},
): { readonly y: Tensor; readonly statistics: BatchStatistics } {
  const sizes = conv2dSizes(x.shape, w.shape, options);
  checkBias('conv2d', x, w, b, sizes.Co);
  const made = (): Tensor => emptyTensor([sizes.Co], 'conv2dWithStatistics', 'f32', x.device);
  const statistics = { mean: made(), variance: made() };
  const y = conv2dOp(b ? [x, w, b] : [x, w], { sizes, epilogue: epilogueOf({}, b !== null), statistics });
  return { y, statistics };
}

/**
 * Transposed convolution: the input gradient of a convolution as a layer.
 * @param x [N, H, W, in]
 * @param w [kernel height, kernel width, out / groups, in]
 * @param b [out], or null for none
 */
export function convTranspose2d(x: Tensor, w: Tensor, b: Tensor | null = null, options: ConvTranspose2dOptions = {}): Tensor {
  checkOperands('convTranspose2d', x, w, b, options);
  const sizes = convTranspose2dSizes(x.shape, w.shape, options);
  checkBias('convTranspose2d', x, w, b, sizes.Ci);
  return inputGradientOp(b ? [x, w, b] : [x, w], { sizes, epilogue: epilogueOf({}, b !== null) });
}
