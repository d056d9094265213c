import { noGrad } from '../autodiff.ts';
import { requireRecord } from './../errors.ts';
import { ConfigError } from '../errors.ts';
import { scope } from '../memory.ts';
import type { LayerKey, Network } from '../nn/network.ts';
import {
  add,
  concat,
  div,
  max,
  min,
  mul,
  permute,
  relu,
  reshape,
  resize2d,
  slice,
  softmax,
  sub,
  sum,
  where,
} from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { checkMaps, checkSubject, inEvaluation, selection, type Targets, targetTensor } from './scores.ts';

export interface ScoreCamOptions {
  /** Channels whose masked images go through the network together, for all images; bounds the memory. Default 16. */
  readonly batchSize?: number;
  /** What is kept of the input where a mask is 0: one value, or a tensor that broadcasts to x. Default 0. */
  readonly baseline?: number | Tensor;
  /** Keeps what speaks against the class. Default false. */
  readonly signed?: boolean;
  readonly onStep?: (done: number, total: number) => void;
}

/**
 * ReLU(Σ_k w_k A_k), w = softmax over k of S_c(x ⊙ H_k) − S_c(baseline), H_k the map A_k enlarged to the input and scaled to [0, 1] (Wang et al.
 * 2020, Score-CAM, equations 3 to 7; a flat map masks everything). Needs no gradient, but one forward pass a channel. [N, H, W], raw.
 * @throws ShapeError where the layer puts out no maps
 */
export function scoreCam(network: Network, x: Tensor, targets: Targets, layer: LayerKey, options: ScoreCamOptions = {}): Tensor {
  checkSubject(network, x);
  requireRecord('scoreCam', options);
  const { batchSize = 16, baseline = 0, signed = false, onStep } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ConfigError('batchSize', `must be a whole number of at least 1, got ${batchSize}.`);
  }
  return inEvaluation(network, () =>
    noGrad(() =>
      scope(() => {
        const { activations } = network.forward(x.detach(), { capture: [layer] });
        const activation = activations.get(String(layer)) as Tensor;
        checkMaps('scoreCam', activation);
        const [n, h, w, c] = activation.shape as [number, number, number, number];
        const [, height, width, channels] = x.shape as [number, number, number, number];
        const labels = targetTensor(targets, n, x);
        // For every channel the images one after another: [channels · N, …].
        const parts: Tensor[] = [];
        for (let start = 0; start < c; start += batchSize) {
          const size = Math.min(batchSize, c - start);
          parts.push(
            scope(() => {
              const maps = permute(slice(activation, [0, 0, 0, start], [n, h, w, start + size]), [3, 0, 1, 2]);
              const large = resize2d(reshape(maps, [size * n, h, w, 1]), { size: [height, width], mode: 'bilinear' });
              const axes = [1, 2, 3];
              const low = min(large, { axes, keepDims: true });
              const range = sub(max(large, { axes, keepDims: true }), low);
              const mask = reshape(div(sub(large, low), where(range, range, 1)), [size, n, height, width, 1]);
              const shown = add(mul(sub(x.detach(), baseline), mask), baseline);
              const scores = network.forward(reshape(shown, [size * n, height, width, channels]));
              const byChannel = reshape(scores, [size, n, scores.shape[1] as number]);
              return sum(mul(byChannel, selectionOf(scores, labels, n)), { axes: [2] });
            }),
          );
          onStep?.(Math.min(c, start + size), c);
        }
        // S_c(baseline) is the same for all channels: softmax does not see it.
        const increase = parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 0);
        const weights = softmax(permute(increase, [1, 0]));
        const map = sum(mul(activation, reshape(weights, [n, 1, 1, c])), { axes: [3] });
        return signed ? map : relu(map);
      }),
    ),
  );
}

/** One-hot rows [N, classes] for scores of several images per sample. */
function selectionOf(scores: Tensor, labels: Tensor, n: number): Tensor {
  return selection(slice(scores, [0, 0], [n, scores.shape[1] as number]), labels);
}
