/** What in the input made the score: gradients with respect to the input, their products, averages and path integrals. */

import { withGradients } from '../autodiff.ts';
import { requireRecord, ShapeError } from '../errors.ts';
import { keep, scope } from '../memory.ts';
import type { Network } from '../nn/network.ts';
import { abs, add, affine, greater, max, mul, randomNormal, sub } from '../ops/index.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import { full, sameShape, type Tensor, zeros } from '../tensor.ts';
import { type QuadratureRule, quadrature } from './quadrature.ts';
import { checkSubject, checkTargets, inEvaluation, scoreGradient, type Targets } from './scores.ts';

export interface SaliencyOptions {
  /** |∂S/∂x| (Simonyan et al. 2014) or, when false, the signed gradient. Default true. */
  readonly absolute?: boolean;
}

/** ∂S_c/∂x for each sample, [N, H, W, C]. */
export function saliency(network: Network, x: Tensor, targets: Targets, options: SaliencyOptions = {}): Tensor {
  checkSubject(network, x);
  requireRecord('saliency', options);
  return scope(() => {
    const gradient = scoreGradient(network, x, targets);
    return (options.absolute ?? true) ? abs(gradient) : gradient;
  });
}

/** The largest magnitude over the channels: [N, H, W, C] → [N, H, W, 1]. */
export function channelMaximum(map: Tensor): Tensor {
  return scope(() => max(abs(map), { axes: [-1], keepDims: true }));
}

/** x ⊙ ∂S_c/∂x (Shrikumar et al. 2016). */
export function inputXGradient(network: Network, x: Tensor, targets: Targets): Tensor {
  checkSubject(network, x);
  return scope(() => mul(x.detach(), scoreGradient(network, x, targets)));
}

export interface IntegratedGradientsOptions {
  /** Number of intervals or nodes. Default 50. */
  readonly steps?: number;
  /** Default 'gauss-legendre'. */
  readonly rule?: QuadratureRule;
  /** A tensor that broadcasts to x, or one value for every pixel. Default 0. */
  readonly baseline?: Tensor | number;
  /** Called after each node, for progress and to keep a page responsive. */
  readonly onStep?: (done: number, total: number) => void;
}

/** x′ with the shape of x. */
function baselineFor(x: Tensor, baseline: Tensor | number): Tensor {
  if (typeof baseline === 'number') return full(x.shape, baseline, { device: x.device });
  return sameShape(baseline.shape, x.shape) ? baseline.detach() : add(zeros(x.shape, { device: x.device }), baseline.detach());
}

/**
 * (x − x′) ⊙ Σ_k w_k ∂S_c/∂x (x′ + α_k(x − x′)) (Sundararajan et al. 2017). Completeness: its sum is S_c(x) − S_c(x′).
 */
export function integratedGradients(
  network: Network,
  x: Tensor,
  targets: Targets,
  options: IntegratedGradientsOptions = {},
): Tensor {
  checkSubject(network, x);
  requireRecord('integratedGradients', options);
  const { nodes, weights } = quadrature(options.rule ?? 'gauss-legendre', options.steps ?? 50);
  return scope(() => {
    const baseline = baselineFor(x, options.baseline ?? 0);
    const difference = sub(x.detach(), baseline);
    let total = zeros(x.shape, { device: x.device });
    nodes.forEach((alpha, k) => {
      const before = total;
      total = scope(() => {
        const point = add(baseline, mul(difference, alpha));
        return add(before, mul(scoreGradient(network, point, targets), weights[k] as number));
      });
      before.dispose();
      options.onStep?.(k + 1, nodes.length);
    });
    return mul(difference, total);
  });
}

export interface SmoothGradOptions {
  /** Noisy copies. Default 50. */
  readonly samples?: number;
  /** Standard deviation of the noise, in units of the input. */
  readonly sigma: number;
  readonly rng: DeviceGenerator;
  /** Averages |∂S/∂x| instead of ∂S/∂x. Default false. */
  readonly absolute?: boolean;
  readonly onStep?: (done: number, total: number) => void;
}

/** (1/n) Σ_t ∂S_c/∂x (x + ε_t), ε_t ~ N(0, σ²) (Smilkov et al. 2017). */
export function smoothGrad(network: Network, x: Tensor, targets: Targets, options: SmoothGradOptions): Tensor {
  checkSubject(network, x);
  requireRecord('smoothGrad', options);
  const { samples = 50, sigma, rng, absolute = false } = options;
  return scope(() => {
    let total = zeros(x.shape, { device: x.device });
    for (let t = 0; t < samples; t++) {
      const before = total;
      total = scope(() => {
        const noisy = add(x.detach(), mul(randomNormal(x.shape, { rng }), sigma));
        const gradient = scoreGradient(network, noisy, targets);
        return add(before, mul(absolute ? abs(gradient) : gradient, 1 / samples));
      });
      before.dispose();
      options.onStep?.(t + 1, samples);
    }
    return total;
  });
}

/**
 * Runs `fn` with ReLUs that pass back only positive gradients, and those only where their output was positive; leaky ones pass them with
 * their slope.
 */
export function withGuidedRelu<T>(fn: () => T): T {
  const positive = (gy: Tensor) => mul(gy, greater(gy, 0));
  return withGradients(
    {
      relu: (gy: Tensor, { output }: { output: Tensor }) => [mul(positive(gy), greater(output, 0))],
      leakyRelu: (gy: Tensor, { inputs: [x], attrs }: { inputs: readonly Tensor[]; attrs: { alpha: number } }) => [
        mul(positive(gy), affine(greater(x as Tensor, 0), 1 - attrs.alpha, attrs.alpha)),
      ],
    },
    fn,
  );
}

/** Guided back-propagation (Springenberg et al. 2015). */
export function guidedBackpropagation(network: Network, x: Tensor, targets: Targets): Tensor {
  checkSubject(network, x);
  return withGuidedRelu(() => scoreGradient(network, x, targets));
}

/** |Σ_i A_i − (S_c(x) − S_c(x′))| for each sample: how far integrated gradients are from completeness. */
export async function completenessError(
  network: Network,
  x: Tensor,
  targets: readonly number[],
  attribution: Tensor,
  baseline: Tensor | number = 0,
): Promise<number[]> {
  checkSubject(network, x);
  const [n] = x.shape as [number];
  if (!sameShape(attribution.shape, x.shape)) {
    throw new ShapeError('completenessError', [x.shape, attribution.shape], 'the attribution must have the shape of the input');
  }
  checkTargets(targets, n, network.outputShape.at(-1) as number);
  const kept = inEvaluation(network, () =>
    scope(() => {
      const start = baselineFor(x, baseline);
      return [network.forward(x.detach()), network.forward(start)].map((scores) => keep(scores.detach()));
    }),
  );
  const [at, from, parts] = await Promise.all([...kept, attribution].map((t) => t.data()));
  for (const scores of kept) scores.dispose();
  const classes = (at as Float32Array).length / n;
  const size = attribution.size / n;
  return Array.from({ length: n }, (_, i) => {
    const index = i * classes + (targets[i] as number);
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (parts as Float32Array)[i * size + j] as number;
    return Math.abs(sum - (((at as Float32Array)[index] as number) - ((from as Float32Array)[index] as number)));
  });
}
