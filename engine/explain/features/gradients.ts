/** Other gradients than the true ones, where those lead nowhere: for pictures, not for truth. */
import type { GradientOverrides } from '../../autodiff.ts';
import { withGradients } from '../../autodiff.ts';
import type { PoolParams } from '../../kernels/pooling.ts';
import { abs, affine, avgPool2d, div, greater, mul, sign, square, sub, sum, where } from '../../ops/index.ts';
import { averagePoolAdjoint } from '../../ops/pool.ts';
import type { Tensor } from '../../tensor.ts';

/**
 * Redirected ReLU (Lucid): where, for a sample, no gradient of a minimised loss would pass a ReLU at all, the part passes that pushes negative
 * pre-activations up.
 */
export const REDIRECTED_RELU: GradientOverrides = {
  relu: (gy: Tensor, { inputs: [x] }: { inputs: readonly Tensor[] }) => {
    const positive = greater(x as Tensor, 0);
    const passed = mul(gy, positive);
    // x ≤ 0 and ∂L/∂y > 0 would push x further down.
    const redirected = where(mul(affine(positive, -1, 1), greater(gy, 0)), 0, gy);
    const axes = gy.shape.slice(1).map((_, axis) => axis + 1);
    const alive = greater(sum(abs(passed), { axes, keepDims: true }), 0);
    return [where(alive, passed, redirected)];
  },
};

/** Runs `fn` with redirected ReLUs. */
export function withRedirectedRelu<T>(fn: () => T): T {
  return withGradients(REDIRECTED_RELU, fn);
}

/**
 * Max pooling whose gradient is that of P(x²)/(0.01 + P|x|), P average pooling (Olah et al. 2018): without the checkerboard that the winners make.
 * The forward pass stays the maximum, so what comes out is no derivative of anything that was computed: for display only.
 */
export const SMOOTH_MAX_POOL: GradientOverrides = {
  maxPool2d: (gy: Tensor, { inputs, attrs }: { inputs: readonly Tensor[]; attrs: { params: PoolParams } }) => {
    const x = inputs[0] as Tensor;
    const { params } = attrs;
    const window = {
      kernel: [params.kernelHeight, params.kernelWidth],
      stride: [params.strideY, params.strideX],
      padding: [params.padY, params.padX],
    } as const;
    const squares = avgPool2d(square(x), window);
    const magnitudes = affine(avgPool2d(abs(x), window), 1, 0.01);
    const back = (g: Tensor) => averagePoolAdjoint([g], { params });
    const fromSquares = mul(back(div(gy, magnitudes)), affine(x, 2, 0));
    const fromMagnitudes = mul(back(div(mul(gy, squares), square(magnitudes))), sign(x));
    return [sub(fromSquares, fromMagnitudes)];
  },
};

/** Runs `fn` with the smooth gradient of max pooling. */
export function withSmoothMaxPool<T>(fn: () => T): T {
  return withGradients(SMOOTH_MAX_POOL, fn);
}
