/** Pooling of images [N, H, W, C]. */
import { defineOperation, isRecording, type Operation } from '../autodiff.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { averagePool, averagePoolGradient, MAX_WINDOW, maxPool, maxPoolGradient, type PoolParams } from '../kernels/pooling.ts';
import { emptyTensor, type Shape, type Tensor } from '../tensor.ts';
import { imageAxes, type Pair, pair } from './arguments.ts';
import { mean } from './reduce.ts';
import { compute, run } from './run.ts';

export interface PoolOptions {
  /** Window size. */
  readonly kernel: Pair;
  /** Default: the window size. */
  readonly stride?: Pair;
  /** Default 0; at most half the window. Max-pooling pads with −∞, average pooling with zeros that count. */
  readonly padding?: Pair;
}

/** @throws ConfigError where the winner of a window would not fit in its byte */
function checkWindow({ kernelHeight, kernelWidth }: PoolParams): void {
  if (kernelHeight * kernelWidth > MAX_WINDOW)
    throw new ConfigError('maxPool2d.kernel', `a window may hold at most ${MAX_WINDOW} elements.`);
}

function poolParams(op: string, x: Tensor, options: PoolOptions): PoolParams {
  const { N, H, W, C } = imageAxes(op, x);
  const [kernelHeight, kernelWidth] = pair(options.kernel, `${op}.kernel`, 1);
  const [strideY, strideX] = pair(options.stride ?? options.kernel, `${op}.stride`, 1);
  const [padY, padX] = pair(options.padding ?? 0, `${op}.padding`, 0);
  if (2 * padY > kernelHeight || 2 * padX > kernelWidth) {
    throw new ConfigError(`${op}.padding`, 'must be at most half the kernel, or windows would hold nothing but padding.');
  }
  const length = (n: number, k: number, s: number, p: number) => Math.floor((n + 2 * p - k) / s) + 1;
  const outHeight = length(H, kernelHeight, strideY, padY);
  const outWidth = length(W, kernelWidth, strideX, padX);
  if (outHeight < 1 || outWidth < 1) {
    throw new ShapeError(
      op,
      [x.shape],
      `the padded image must be at least as large as the window ${kernelHeight}×${kernelWidth}`,
    );
  }
  return {
    batch: N,
    height: H,
    width: W,
    channels: C,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    padY,
    padX,
  };
}

const outShape = (p: PoolParams): Shape => [p.batch, p.outHeight, p.outWidth, p.channels];
const inShape = (p: PoolParams): Shape => [p.batch, p.height, p.width, p.channels];

interface MaxPoolAttrs {
  readonly params: PoolParams;
  /** Which element of each window won, packed by the forward kernel. */
  winners?: Tensor;
}

const maxPoolOp = defineOperation<MaxPoolAttrs>({
  name: 'maxPool2d',
  equation: maxPool.equation,
  saves: 'none',
  forward([input], attrs) {
    const x = input as Tensor;
    const { params } = attrs;
    const y = emptyTensor(outShape(params), 'maxPool2d', 'f32', x.device);
    const winners = emptyTensor([Math.ceil(y.size / 4)], 'maxPool2d', 'u32', x.device);
    run(maxPool, { x, y, winners }, params);
    if (x.requiresGrad) attrs.winners = winners;
    else winners.dispose();
    return y;
  },
  gradient(gy, { attrs }) {
    if (isRecording()) throw new Error('maxPool2d: its gradient cannot be differentiated again.');
    const { params } = attrs;
    return [compute(maxPoolGradient, { gy, winners: attrs.winners as Tensor }, inShape(params), params)];
  },
});

/** Largest element of each window; the gradient goes to the first maximum in row-major order. A NaN wins. */
export function maxPool2d(x: Tensor, options: PoolOptions): Tensor {
  const params = poolParams('maxPool2d', x, options);
  checkWindow(params);
  return maxPoolOp([x], { params });
}

const averagePoolOp: Operation<{ params: PoolParams }> = defineOperation<{ params: PoolParams }>({
  name: 'avgPool2d',
  equation: averagePool.equation,
  saves: 'none',
  forward: ([x], { params }) => compute(averagePool, { x: x as Tensor }, outShape(params), params),
  gradient: (gy, { attrs }) => [averagePoolAdjoint([gy], attrs)],
});

export const averagePoolAdjoint: Operation<{ params: PoolParams }> = defineOperation<{ params: PoolParams }>({
  name: 'avgPool2dGradient',
  equation: averagePoolGradient.equation,
  saves: 'none',
  forward: ([gy], { params }) => compute(averagePoolGradient, { gy: gy as Tensor }, inShape(params), params),
  gradient: (g, { attrs }) => [averagePoolOp([g], attrs)],
});

/** Mean of each window; padding counts, as PyTorch's default does. */
export function avgPool2d(x: Tensor, options: PoolOptions): Tensor {
  return averagePoolOp([x], { params: poolParams('avgPool2d', x, options) });
}

/** Mean over all positions: [N, H, W, C] becomes [N, 1, 1, C]. */
export function globalAvgPool2d(x: Tensor): Tensor {
  imageAxes('globalAvgPool2d', x);
  return mean(x, { axes: [1, 2], keepDims: true });
}
