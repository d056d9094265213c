/** Class activation maps: channels of a layer, weighted by what they do for a class. Maps are raw: [N, H, W], not scaled, not resized. */
import { ConfigError } from '../errors.ts';
import { scope } from '../memory.ts';
import { Linear } from '../nn/layers/linear.ts';
import type { LayerKey, Network } from '../nn/network.ts';
import { add, affine, div, equal, indexSelect, matmul, mean, mul, permute, relu, reshape, sum, where } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { checkMaps, checkSubject, inEvaluation, layerGradient, selection, type Targets, targetTensor } from './scores.ts';

/** Σ_k w_k A_k: weights [N, 1, 1, C] over maps [N, H, W, C]. */
function weighted(activation: Tensor, weights: Tensor): Tensor {
  return sum(mul(activation, weights), { axes: [3] });
}

export interface CamOptions {
  /** Keeps what speaks against the class, which the published maps cut. Default false. */
  readonly signed?: boolean;
}

/** A class activation map from a layer's output A and G = ∂S_c/∂A, both [N, H, W, C]. */
type CamRule = (activation: Tensor, gradient: Tensor) => Tensor;

function camBy(rule: CamRule, op: string, network: Network, x: Tensor, targets: Targets, layer: LayerKey): Tensor {
  return scope(() => {
    const { activation, gradient } = layerGradient(network, x, targets, layer);
    checkMaps(op, activation);
    return rule(activation, gradient);
  });
}

/** ReLU(Σ_k ḡ_k A_k), ḡ_k the mean of ∂S_c/∂A_k over the map (Selvaraju et al. 2017, equations 1 and 2). */
export function gradCam(network: Network, x: Tensor, targets: Targets, layer: LayerKey, options: CamOptions = {}): Tensor {
  checkSubject(network, x);
  return camBy((a, g) => gradCamFrom(a, g, options), 'gradCam', network, x, targets, layer);
}

/** Grad-CAM of maps A and gradients G, both [N, H, W, C]. */
export function gradCamFrom(activation: Tensor, gradient: Tensor, { signed = false }: CamOptions = {}): Tensor {
  return scope(() => {
    const map = weighted(activation, mean(gradient, { axes: [1, 2], keepDims: true }));
    return signed ? map : relu(map);
  });
}

/**
 * ReLU(Σ_k w_k A_k), w_k = Σ_ij α_ij^k ReLU(G_ij^k), α = G²/(2G² + G³ Σ_ab A_ab^k) (Chattopadhay et al. 2018, Grad-CAM++, equations 5, 6 and
 * 19, for a score behind an exponential). The factor e^{S_c}, which only scales the whole map, is left out.
 */
export function gradCamPlusPlus(
  network: Network,
  x: Tensor,
  targets: Targets,
  layer: LayerKey,
  options: CamOptions = {},
): Tensor {
  checkSubject(network, x);
  return camBy((a, g) => gradCamPlusPlusFrom(a, g, options), 'gradCamPlusPlus', network, x, targets, layer);
}

/** Grad-CAM++ of maps A and gradients G, both [N, H, W, C]. */
export function gradCamPlusPlusFrom(activation: Tensor, gradient: Tensor, { signed = false }: CamOptions = {}): Tensor {
  return scope(() => {
    const axes = [1, 2];
    const total = sum(activation, { axes, keepDims: true });
    // G²/(2G² + G³ΣA) = 1/(2 + GΣA), and no weight where that has no value; a gradient of 0 adds nothing in any case.
    const denominator = affine(mul(gradient, total), 1, 2);
    const alpha = div(notEqual(denominator, 0), where(denominator, denominator, 1));
    const weights = sum(mul(alpha, relu(gradient)), { axes, keepDims: true });
    const map = weighted(activation, weights);
    return signed ? map : relu(map);
  });
}

const notEqual = (a: Tensor, value: number): Tensor => affine(equal(a, value), -1, 1);

/**
 * ReLU(Σ_k w_k A_k), w_k = Σ_ij (∂S_c/∂A_k)(i,j) A_k(i,j) / (Σ_ij A_k(i,j) + ε) (Fu et al. 2020, arXiv 2008.02312).
 * @param epsilon 1e-8 unless told
 */
export function xGradCam(
  network: Network,
  x: Tensor,
  targets: Targets,
  layer: LayerKey,
  epsilon = 1e-8,
  options: CamOptions = {},
): Tensor {
  checkSubject(network, x);
  return camBy((a, g) => xGradCamFrom(a, g, epsilon, options), 'xGradCam', network, x, targets, layer);
}

/** XGrad-CAM of maps A and gradients G, both [N, H, W, C]. */
export function xGradCamFrom(activation: Tensor, gradient: Tensor, epsilon = 1e-8, { signed = false }: CamOptions = {}): Tensor {
  return scope(() => {
    const axes = [1, 2];
    const evidence = sum(mul(activation, gradient), { axes, keepDims: true });
    const weights = div(evidence, add(sum(activation, { axes, keepDims: true }), epsilon));
    const map = weighted(activation, weights);
    return signed ? map : relu(map);
  });
}

/**
 * Σ_k w_kc A_k, the map whose mean is the score (Zhou et al. 2016). Exact where what follows the layer is a global average pool and
 * at most one linear layer; without a linear layer, the class maps are the layer's own channels.
 * @throws ConfigError for another head
 */
export function cam(network: Network, x: Tensor, targets: Targets, layer: LayerKey): Tensor {
  checkSubject(network, x);
  const head = headBehind(network, layer);
  return inEvaluation(network, () =>
    scope(() => {
      const { output, activations } = network.forward(x.detach(), { capture: [layer] });
      const activation = activations.get(String(layer)) as Tensor;
      checkMaps('cam', activation);
      const [n, h, w, c] = activation.shape as [number, number, number, number];
      if (!head) return sum(mul(activation, reshape(selection(output, targets), [n, 1, 1, c])), { axes: [3] });
      const rows = indexSelect(
        permute(head.weight.tensor.detach(), [1, 0]),
        targetTensor(targets, n, x, network.outputShape.at(-1)),
        0,
      );
      return reshape(matmul(reshape(activation, [n, h * w, c]), reshape(rows, [n, c, 1])), [n, h, w]);
    }),
  );
}

/**
 * The linear layer that reads the pooled maps of `layer`, or undefined when the pooled maps are the scores.
 * @throws ConfigError where something else than a global average pool and at most one linear layer lies behind `layer`
 */
export function headBehind(network: Network, layer: LayerKey): Linear | undefined {
  const module = network.layer(layer);
  const start = network.layers.indexOf(module);
  if (start < 0) throw new ConfigError('layer', `'${layer}' lies inside a block: CAM needs a layer of the outer list.`);
  const behind = network.layers.slice(start + 1).filter((m) => !['dropout', 'dropout2d', 'identity', 'flatten'].includes(m.type));
  const [pool, linear, ...rest] = behind;
  if (pool?.type !== 'globalavgpool2d' || rest.length > 0 || (linear && !(linear instanceof Linear))) {
    throw new ConfigError(
      'layer',
      `CAM needs a global average pool and at most one linear layer behind layer '${layer}'; Grad-CAM (gradCam) needs neither.`,
    );
  }
  return linear as Linear | undefined;
}
