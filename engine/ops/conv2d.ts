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
import { conv2dWeightGradient as weightGradientKernel } from '../kernels/conv2d-weight-gradient.ts';
import { type Epilogue, NO_EPILOGUE } from '../kernels/epilogue.ts';
import { emptyTensor, type Shape, type Tensor } from '../tensor.ts';
import { type Activation, activationGradient, epilogueOf } from './activation.ts';
import { checkTensor } from './arguments.ts';
import { sum } from './reduce.ts';
import { run } from './run.ts';

interface ConvAttrs {
  readonly sizes: Conv2dSizes;
  readonly epilogue: Epilogue;
}

const inputShape = (p: Conv2dSizes): Shape => [p.N, p.H, p.W, p.Ci];
const outputShape = (p: Conv2dSizes): Shape => [p.N, p.Ho, p.Wo, p.Co];
const weightShape = (p: Conv2dSizes): Shape => [p.kh, p.kw, p.Ci / p.groups, p.Co];
const IMAGES = [0, 1, 2];

const conv2dOp: Operation<ConvAttrs> = defineOperation<ConvAttrs>({
  name: 'conv2d',
  equation: conv2dKernel.equation,
  saves: 'both',
  forward([x, w, b], { sizes, epilogue }) {
    const y = emptyTensor(outputShape(sizes), 'conv2d', 'f32', (x as Tensor).device);
    run(conv2dKernel, { x: x as Tensor, w: w as Tensor, bias: b ?? constant(0, y.device), y }, { ...sizes, ...epilogue });
    return y;
  },
  gradient(g, { inputs: [x, w, b], output, attrs: { sizes, epilogue }, needs }) {
    const gy = activationGradient(g, output, epilogue);
    const plain = { sizes, epilogue: NO_EPILOGUE };
    const gx = needs[0] ? inputGradientOp([gy, w as Tensor], plain) : null;
    if (isRecording() || !needs[1] || !(b && needs[2])) {
      const gw = needs[1] ? weightGradientOp([x as Tensor, gy], plain) : null;
      return b ? [gx, gw, needs[2] ? sum(gy, { axes: IMAGES }) : null] : [gx, gw];
    }
    // One kernel reads gy once for both.
    const gw = emptyTensor(weightShape(sizes), 'conv2dWeightGradient', 'f32', gy.device);
    const gbias = emptyTensor([sizes.Co], 'conv2dWeightGradient', 'f32', gy.device);
    run(weightGradientKernel, { x: x as Tensor, gy, gw, gbias }, { ...sizes, hasBias: 1 });
    return [gx, gw, gbias];
  },
});

/** Also the forward pass of the transposed convolution, which has a bias. */
export const inputGradientOp: Operation<ConvAttrs> = defineOperation<ConvAttrs>({
  name: 'conv2dInputGradient',
  equation: inputGradientKernel.equation,
  saves: 'inputs',
  forward([gy, w, b], { sizes, epilogue }) {
    const gx = emptyTensor(inputShape(sizes), 'conv2dInputGradient', 'f32', (gy as Tensor).device);
    const bias = b ?? constant(0, gx.device);
    run(inputGradientKernel, { gy: gy as Tensor, w: w as Tensor, bias, gx }, { ...sizes, ...epilogue });
    return gx;
  },
  gradient(g, { inputs: [gy, w, b], attrs: { sizes }, needs }) {
    const plain = { sizes, epilogue: NO_EPILOGUE };
    return [
      needs[0] ? conv2dOp([g, w as Tensor], plain) : null,
      needs[1] ? weightGradientOp([g, gy as Tensor], plain) : null,
      ...(b ? [needs[2] ? sum(g, { axes: IMAGES }) : null] : []),
    ];
  },
});

export const weightGradientOp: Operation<ConvAttrs> = defineOperation<ConvAttrs>({
  name: 'conv2dWeightGradient',
  equation: weightGradientKernel.equation,
  saves: 'inputs',
  forward([x, gy], { sizes }) {
    const gw = emptyTensor(weightShape(sizes), 'conv2dWeightGradient', 'f32', (x as Tensor).device);
    const none = emptyTensor([4], 'conv2dWeightGradient', 'f32', gw.device);
    run(weightGradientKernel, { x: x as Tensor, gy: gy as Tensor, gw, gbias: none }, { ...sizes, hasBias: 0 });
    none.dispose();
    return gw;
  },
  gradient(g, { inputs: [x, gy], attrs: { sizes }, needs }) {
    const plain = { sizes, epilogue: NO_EPILOGUE };
    return [needs[0] ? inputGradientOp([gy as Tensor, g], plain) : null, needs[1] ? conv2dOp([x as Tensor, g], plain) : null];
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
