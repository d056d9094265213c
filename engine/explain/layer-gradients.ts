/** Methods for pixels on the maps of a layer: integrated gradients, SmoothGrad and guided back-propagation with A in place of x. */
import { grad } from '../autodiff.ts';
import { ConfigError } from '../errors.ts';
import { scope } from '../memory.ts';
import type { LayerKey, Network } from '../nn/network.ts';
import { abs, add, mul, randomNormal, sum } from '../ops/index.ts';
import { type Tensor, zeros } from '../tensor.ts';
import { type SmoothGradOptions, withGuidedRelu } from './attribution.ts';
import { layerSaliency, scoresFrom } from './layer-attribution.ts';
import { type QuadratureRule, quadrature } from './quadrature.ts';
import { asInput, checkMaps, checkSubject, inEvaluation, layerGradient, selection, type Targets } from './scores.ts';

export interface LayerPathOptions {
  /** Nodes. Default 50. */
  readonly steps?: number;
  /** Default 'gauss-legendre'. */
  readonly rule?: QuadratureRule;
  readonly onStep?: (done: number, total: number) => void;
}

/**
 * Σ_k A ⊙ Σ_n w_n G(α_n A): integrated gradients of a layer's output along the straight path from no activation. Its sum over positions is
 * S_c(A) − S_c(0), the layer's completeness. [N, H, W]
 * @throws ShapeError where the layer puts out no maps
 */
export function layerIntegrated(
  network: Network,
  x: Tensor,
  targets: Targets,
  layer: LayerKey,
  { steps = 50, rule = 'gauss-legendre', onStep }: LayerPathOptions = {},
): Tensor {
  checkSubject(network, x);
  const { nodes, weights } = quadrature(rule, steps);
  return inEvaluation(network, () =>
    scope(() => {
      const { activations } = network.forward(x.detach(), { capture: [layer] });
      const activation = (activations.get(String(layer)) as Tensor).detach();
      checkMaps('layerIntegrated', activation);
      let total = zeros(activation.shape, { device: x.device });
      nodes.forEach((alpha, n) => {
        const before = total;
        total = scope(() => {
          const leaf = asInput(mul(activation, alpha));
          const scores = scoresFrom(network, x.detach(), layer, leaf);
          const gradient = grad(scores, [leaf], { gradOutput: selection(scores, targets) })[0] as Tensor;
          return add(before, mul(gradient, weights[n] as number));
        });
        before.dispose();
        onStep?.(n + 1, nodes.length);
      });
      return sum(mul(activation, total), { axes: [3] });
    }),
  );
}

/**
 * Σ_k |(1/n) Σ_t G(x + ε_t)|, ε_t ~ N(0, σ²) at the pixels: SmoothGrad of a layer's output. [N, H, W]
 * @throws ShapeError where the layer puts out no maps
 */
export function layerSmoothGrad(
  network: Network,
  x: Tensor,
  targets: Targets,
  layer: LayerKey,
  { samples = 50, sigma, rng, onStep }: Omit<SmoothGradOptions, 'absolute'>,
): Tensor {
  checkSubject(network, x);
  return scope(() => {
    let total: Tensor | undefined;
    for (let t = 0; t < samples; t++) {
      const before = total;
      total = scope(() => {
        const noisy = add(x.detach(), mul(randomNormal(x.shape, { rng }), sigma));
        const { gradient } = layerGradient(network, noisy, targets, layer);
        checkMaps('layerSmoothGrad', gradient);
        const part = mul(gradient, 1 / samples);
        return before ? add(before, part) : part;
      });
      before?.dispose();
      onStep?.(t + 1, samples);
    }
    if (!total) throw new ConfigError('samples', 'must be a whole number of at least 1.');
    return sum(abs(total), { axes: [3] });
  });
}

/** Guided back-propagation (Springenberg et al. 2015) down to a layer: Σ_k |G_ijk| with guided rectifiers. [N, H, W] */
export function layerGuided(network: Network, x: Tensor, targets: Targets, layer: LayerKey): Tensor {
  return withGuidedRelu(() => layerSaliency(network, x, targets, layer, { form: 'gradient' }));
}
