/** Class activation maps: channels of a layer, weighted by what they do for a class. Maps are raw: [N, H, W], not scaled, not resized. */
import { ConfigError, ShapeError } from '../errors.ts';
import { scope } from '../memory.ts';
import { Linear } from '../nn/layers/linear.ts';
import type { LayerKey, Network } from '../nn/network.ts';
import { add, div, gather, matmul, mean, mul, permute, relu, reshape, sum } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { inEvaluation, layerGradient, selection, type Targets, targetTensor } from './scores.ts';

function checkMap(op: string, activation: Tensor): void {
  if (activation.rank !== 4) throw new ShapeError(op, [activation.shape], 'the layer must put out maps [N, H, W, C]');
}

/** Σ_k w_k A_k: weights [N, 1, 1, C] over maps [N, H, W, C]. */
function weighted(activation: Tensor, weights: Tensor): Tensor {
  return sum(mul(activation, weights), { axes: [3] });
}

/** ReLU(Σ_k ḡ_k A_k), ḡ_k the mean of ∂S_c/∂A_k over the map (Selvaraju et al. 2017). */
export function gradCam(network: Network, x: Tensor, targets: Targets, layer: LayerKey): Tensor {
  return scope(() => {
    const { activation, gradient } = layerGradient(network, x, targets, layer);
    checkMap('gradCam', activation);
    return relu(weighted(activation, mean(gradient, { axes: [1, 2], keepDims: true })));
  });
}

/**
 * ReLU(Σ_k w_k A_k), w_k = Σ_ij (∂S_c/∂A_k)(i,j) A_k(i,j) / (Σ_ij A_k(i,j) + ε) (Fu et al. 2020).
 * @param epsilon 1e-8 unless told
 */
export function xGradCam(network: Network, x: Tensor, targets: Targets, layer: LayerKey, epsilon = 1e-8): Tensor {
  return scope(() => {
    const { activation, gradient } = layerGradient(network, x, targets, layer);
    checkMap('xGradCam', activation);
    return xGradCamFrom(activation, gradient, epsilon);
  });
}

/** XGrad-CAM of maps A and gradients G, both [N, H, W, C]. */
export function xGradCamFrom(activation: Tensor, gradient: Tensor, epsilon = 1e-8): Tensor {
  return scope(() => {
    const axes = [1, 2];
    const evidence = sum(mul(activation, gradient), { axes, keepDims: true });
    const weights = div(evidence, add(sum(activation, { axes, keepDims: true }), epsilon));
    return relu(weighted(activation, weights));
  });
}

/**
 * Σ_k w_kc A_k, the map whose mean is the score (Zhou et al. 2016). Exact where what follows the layer is a global average pool and
 * at most one linear layer; without a linear layer, the class maps are the layer's own channels.
 * @throws ConfigError for another head
 */
export function cam(network: Network, x: Tensor, targets: Targets, layer: LayerKey): Tensor {
  const head = headBehind(network, layer);
  return inEvaluation(network, () =>
    scope(() => {
      const { output, activations } = network.forward(x.detach(), { capture: [layer] });
      const activation = activations.get(String(layer)) as Tensor;
      checkMap('cam', activation);
      const [n, h, w, c] = activation.shape as [number, number, number, number];
      if (!head) return sum(mul(activation, reshape(selection(output, targets), [n, 1, 1, c])), { axes: [3] });
      const rows = gather(
        permute(head.weight.tensor.detach(), [1, 0]),
        targetTensor(targets, n, x, network.outputShape.at(-1)),
        0,
      );
      return reshape(matmul(reshape(activation, [n, h * w, c]), reshape(rows, [n, c, 1])), [n, h, w]);
    }),
  );
}

/** The linear layer that reads the pooled maps, or undefined when the pooled maps are the scores. */
function headBehind(network: Network, layer: LayerKey): Linear | undefined {
  const module = network.layer(layer);
  const start = network.layers.indexOf(module);
  if (start < 0) throw new ConfigError('layer', `'${layer}' lies inside a block: CAM needs a layer of the outer list.`);
  const behind = network.layers.slice(start + 1).filter((m) => !['dropout', 'dropout2d', 'identity', 'flatten'].includes(m.type));
  const [pool, linear, ...rest] = behind;
  if (pool?.type !== 'globalavgpool2d' || rest.length > 0 || (linear && !(linear instanceof Linear))) {
    throw new ConfigError(
      'layer',
      `CAM needs a global average pool and at most one linear layer behind layer '${layer}'; use gradCam.`,
    );
  }
  return linear as Linear | undefined;
}
