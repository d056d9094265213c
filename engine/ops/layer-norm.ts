/** Layer normalisation over the last axis (Ba, Kiros & Hinton 2016, eq. 3 and 4). */

import { defineOperation, isRecording } from '../autodiff.ts';
import { ShapeError } from '../errors.ts';
import { layerNormGradient, layerNorm as layerNormKernel } from '../kernels/layer-norm.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';
import { checkTensor } from './arguments.ts';
import { mul, sub } from './binary.ts';
import { mean, sum } from './reduce.ts';
import { run } from './run.ts';

import { affine, rsqrt, square } from './unary.ts';

interface Attrs {
  readonly epsilon: number;
  /** Mean and 1/√(σ² + ε) of each row, kept for the gradient. */
  statistics?: { readonly mean: Tensor; readonly inverse: Tensor };
}

const sizes = (x: Tensor) => {
  const features = x.shape.at(-1) as number;
  return { rows: x.size / features, features };
};

const layerNormOp = defineOperation<Attrs>({
  name: 'layerNorm',
  equation: layerNormKernel.equation,
  saves: 'inputs',
  forward([input, gamma, beta], attrs) {
    const x = input as Tensor;
    const params = { ...sizes(x), epsilon: attrs.epsilon };
    const made = (): Tensor => emptyTensor([params.rows], 'layerNorm', 'f32', x.device);
    const statistics = { mean: made(), inverse: made() };
    const y = emptyTensor(x.shape, 'layerNorm', 'f32', x.device);
    run(layerNormKernel, { x, gamma: gamma as Tensor, beta: beta as Tensor, y, ...statistics }, params);
    attrs.statistics = statistics;
    return y;
  },
  gradient(gy, { inputs: [input, scale], attrs, needs }) {
    const [x, gamma] = [input as Tensor, scale as Tensor];
    if (isRecording()) return composedGradient(gy, x, gamma, attrs.epsilon, needs);
    const params = { ...sizes(x), epsilon: attrs.epsilon };
    const made = (): Tensor => emptyTensor([params.features], 'layerNormGradient', 'f32', x.device);
    const [gx, ggamma, gbeta] = [emptyTensor(x.shape, 'layerNormGradient', 'f32', x.device), made(), made()];
    const statistics = attrs.statistics as { mean: Tensor; inverse: Tensor };
    run(layerNormGradient, { x, gy, gamma, ...statistics, gx, ggamma, gbeta }, params);
    return [gx, ggamma, gbeta];
  },
});

/** The same gradients made of operations, so that they can be differentiated again. */
function composedGradient(gy: Tensor, x: Tensor, gamma: Tensor, epsilon: number, needs: readonly boolean[]): (Tensor | null)[] {
  const last = { axes: -1, keepDims: true };
  const rows = x.shape.map((_, d) => d).slice(0, -1);
  const centred = sub(x, mean(x, last));
  const inverse = rsqrt(affine(mean(square(centred), last), 1, epsilon));
  const normalised = mul(centred, inverse);
  const g = mul(gy, gamma);
  const common = sub(sub(g, mean(g, last)), mul(normalised, mean(mul(g, normalised), last)));
  return [
    needs[0] ? mul(inverse, common) : null,
    needs[1] ? sum(mul(gy, normalised), { axes: rows }) : null,
    needs[2] ? sum(gy, { axes: rows }) : null,
  ];
}

/**
 * Normalises each row over its features (the last axis): right to 1e-5 also where a row's mean is 10⁶ times its deviation. The gradient reads
 * the mean as it was rounded: it is off by up to |mean|/deviation · 2⁻²⁴.
 * @param gamma [features] scale γ
 * @param beta [features] shift β
 */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, options: { eps?: number } = {}): Tensor {
  const features = x.shape.at(-1) ?? 0;
  checkTensor('layerNorm', x);
  if (x.shape.at(-1) === 0) throw new ShapeError('layerNorm', [x.shape], 'the last axis must not be empty');
  if (x.rank < 1 || [gamma, beta].some((p) => p.rank !== 1 || p.shape[0] !== features)) {
    throw new ShapeError(
      'layerNorm',
      [x.shape, gamma.shape, beta.shape],
      `gamma and beta must be [${features}], the features of x`,
    );
  }
  return layerNormOp([x, gamma, beta], { epsilon: options.eps ?? 1e-5 });
}
