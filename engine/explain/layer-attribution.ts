/**
 * Attribution inside a network: what positions and channels of a layer's output do for a class or for positions of a later layer
 * (Olah et al. 2018, The Building Blocks of Interpretability). A is the layer's output and G = ∂S_c/∂A, both [N, H, W, C]; all of it
 * is the linear approximation Σ A G of the score, in units of the logit.
 */
import { grad } from '../autodiff.ts';
import { ConfigError, requireRecord, ShapeError } from '../errors.ts';
import { scope } from '../memory.ts';
import type { LayerKey, Network } from '../nn/network.ts';
import {
  abs,
  add,
  broadcastTo,
  concat,
  div,
  mul,
  randomUniform,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  transpose,
  where,
} from '../ops/index.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import { type Tensor, tensor, zeros } from '../tensor.ts';
import { asInput, checkMaps, checkSubject, inEvaluation, layerGradient, selection, type Targets } from './scores.ts';

/**
 * a_ij = Σ_k A_ijk G_ijk: what each position does for the class, signed. [N, H, W], not resized.
 * @throws ShapeError where the layer puts out no maps
 */
export function spatialAttribution(network: Network, x: Tensor, targets: Targets, layer: LayerKey): Tensor {
  checkSubject(network, x);
  return scope(() => {
    const { activation, gradient } = layerGradient(network, x, targets, layer);
    checkMaps('spatialAttribution', activation);
    return sum(mul(activation, gradient), { axes: [3] });
  });
}

export interface LayerSaliencyOptions {
  /** 'product' (default): |Σ_k A_ijk G_ijk|; 'gradient': Σ_k |G_ijk|. */
  readonly form?: 'product' | 'gradient';
}

/**
 * How much each position of a layer matters for the class, without its sign. [N, H, W], not resized.
 * @throws ShapeError where the layer puts out no maps
 */
export function layerSaliency(
  network: Network,
  x: Tensor,
  targets: Targets,
  layer: LayerKey,
  { form = 'product' }: LayerSaliencyOptions = {},
): Tensor {
  return scope(() => {
    const { activation, gradient } = layerGradient(network, x, targets, layer);
    checkMaps('layerSaliency', activation);
    return form === 'gradient' ? sum(abs(gradient), { axes: [3] }) : abs(sum(mul(activation, gradient), { axes: [3] }));
  });
}

/** Σ over the positions of maps [N, H, W, C]; vectors [N, C] are their own. */
function overPositions(product: Tensor): Tensor {
  return product.rank === 4 ? sum(product, { axes: [1, 2] }) : product;
}

/** a_k = Σ_ij A_ijk G_ijk: what each channel does for the class, [N, C]. Also of layers that put out vectors. */
export function channelAttribution(network: Network, x: Tensor, targets: Targets, layer: LayerKey): Tensor {
  checkSubject(network, x);
  return scope(() => {
    const { activation, gradient } = layerGradient(network, x, targets, layer);
    return overPositions(mul(activation, gradient));
  });
}

/**
 * a_k(c₁) − a_k(c₂), [N, C]: the channels' attribution to the difference of two logits. Its magnitude is the net evidence that a channel
 * gives for one class against the other.
 */
export function channelEvidence(network: Network, x: Tensor, first: Targets, second: Targets, layer: LayerKey): Tensor {
  checkSubject(network, x);
  return scope(() => sub(channelAttribution(network, x, first, layer), channelAttribution(network, x, second, layer)));
}

/** The network's output when a layer puts out `activation`; what lies before the layer does not run. */
export function scoresFrom(network: Network, x: Tensor, layer: LayerKey, activation: Tensor): Tensor {
  checkSubject(network, x);
  return network.forward(x, { replace: new Map([[layer, activation]]) }).output;
}

export interface PathOptions {
  /** Points of the path from 0 to A, the first at 0. Default 100. */
  readonly steps?: number;
  /** Stochastic path: each channel of each point is scaled by (u₁ + u₂)/1.5 with uniform u₁, u₂. */
  readonly rng?: DeviceGenerator;
  readonly onStep?: (done: number, total: number) => void;
}

/**
 * Σ_ij A ⊙ (1/N) Σ_{n=0}^{N−1} G(nA/N): channel attribution along the straight path from no activation to A, [N, C]. It does not stop
 * where a class is saturated (the path-integrated form of Olah et al. 2018, after Sundararajan et al. 2017).
 */
export function channelAttributionPath(
  network: Network,
  x: Tensor,
  targets: Targets,
  layer: LayerKey,
  { steps = 100, rng, onStep }: PathOptions = {},
): Tensor {
  if (!Number.isInteger(steps) || steps < 1)
    throw new ConfigError('steps', `must be a whole number of at least 1, got ${steps}.`);
  return inEvaluation(network, () =>
    scope(() => {
      const { activations } = network.forward(x.detach(), { capture: [layer] });
      const activation = (activations.get(String(layer)) as Tensor).detach();
      let total = zeros(activation.shape, { device: x.device });
      for (let n = 0; n < steps; n++) {
        const before = total;
        total = scope(() => {
          let point = mul(activation, n / steps);
          if (rng) {
            const shape = [...activation.shape.map((length, axis) => (axis === 0 || axis === activation.rank - 1 ? length : 1))];
            point = mul(point, mul(add(randomUniform(shape, { rng }), randomUniform(shape, { rng })), 1 / 1.5));
          }
          const leaf = asInput(point);
          const scores = scoresFrom(network, x.detach(), layer, leaf);
          return add(before, grad(scores, [leaf], { gradOutput: selection(scores, targets) })[0] as Tensor);
        });
        before.dispose();
        onStep?.(n + 1, steps);
      }
      return overPositions(mul(activation, mul(total, 1 / steps)));
    }),
  );
}

export interface LayerToLayerOptions {
  readonly from: LayerKey;
  /** A later layer. */
  readonly to: LayerKey;
  /** Positions of the later layer that go through the network together; bounds the memory. Default 64. */
  readonly batchSize?: number;
  readonly onStep?: (done: number, total: number) => void;
}

/**
 * a_{ij→uv} = Σ_k A¹_ijk ∂‖A²_uv‖₂/∂A¹_ijk for all positions of two layers: what each position of the earlier layer does for the
 * strength of each position of the later one; 0 where A²_uv is 0.
 * @param x one image [1, H, W, C]
 * @returns [H₁, W₁, H₂, W₂]
 */
export function layerToLayer(network: Network, x: Tensor, options: LayerToLayerOptions): Tensor {
  checkSubject(network, x);
  requireRecord('layerToLayer', options);
  const { from, to, batchSize = 64, onStep } = options;
  if (x.shape[0] !== 1) throw new ShapeError('layerToLayer', [x.shape], 'it explains one image [1, H, W, C]');
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ConfigError('batchSize', `must be a whole number of at least 1, got ${batchSize}.`);
  }
  return inEvaluation(network, () =>
    scope(() => {
      const { activations } = network.forward(x.detach(), { capture: [from, to] });
      const [first, second] = [from, to].map((key) => (activations.get(String(key)) as Tensor).detach()) as [Tensor, Tensor];
      checkMaps('layerToLayer', first);
      checkMaps('layerToLayer', second);
      const [, h1, w1, c1] = first.shape as [number, number, number, number];
      const [, h2, w2, c2] = second.shape as [number, number, number, number];
      const cells = h2 * w2;
      // ∂‖A‖₂/∂A = A/‖A‖₂, and nothing where A is 0.
      const norm = sqrt(sum(square(second), { axes: [3], keepDims: true }));
      const direction = div(second, where(norm, norm, 1));
      const rows: Tensor[] = [];
      for (let start = 0; start < cells; start += batchSize) {
        const size = Math.min(batchSize, cells - start);
        rows.push(
          scope(() => {
            const leaf = asInput(broadcastTo(first, [size, h1, w1, c1]));
            const { activations: later } = network.forward(x.detach(), { replace: new Map([[from, leaf]]), capture: [to] });
            const one = new Float32Array(size * cells);
            for (let row = 0; row < size; row++) one[row * cells + start + row] = 1;
            const cell = tensor(one, [size, h2, w2, 1], { device: x.device });
            const upstream = broadcastTo(mul(cell, direction), [size, h2, w2, c2]);
            const output = later.get(String(to));
            const gradient = output && grad(output, [leaf], { gradOutput: upstream, allowUnused: true })[0];
            if (!gradient) throw new ConfigError('to', `layer '${to}' does not come behind layer '${from}'.`);
            return reshape(sum(mul(first, gradient), { axes: [3] }), [size, h1 * w1]);
          }),
        );
        onStep?.(Math.min(cells, start + size), cells);
      }
      const byLater = rows.length === 1 ? (rows[0] as Tensor) : concat(rows, 0);
      return reshape(transpose(byLater), [h1, w1, h2, w2]);
    }),
  );
}
