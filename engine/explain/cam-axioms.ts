/** The two axioms that the weights of XGrad-CAM are chosen for (Fu et al. 2020, arXiv 2008.02312, section 3), measured on one sample. */
import { noGrad } from '../autodiff.ts';
import { ConfigError } from '../errors.ts';
import { scope } from '../memory.ts';
import type { LayerKey, Network } from '../nn/network.ts';
import { affine, div, mean, mul, reshape, sum } from '../ops/index.ts';
import { type Tensor, tensor, zeros } from '../tensor.ts';
import { checkMaps, checkSubject, inEvaluation, layerGradient } from './scores.ts';

export interface CamAxioms {
  /** S_c(A), the score of the class. */
  readonly score: number;
  /** S_c(A) − S_c(A without A_k) for each map k: what the score loses where a map is set to zero. */
  readonly removed: Float32Array<ArrayBuffer>;
  /** w_k Σ_ij A_k(i, j): what the class activation map says that the map k contributes. */
  readonly contributions: Float32Array<ArrayBuffer>;
  /** Σ_k |removed_k − contributions_k| / Σ_k |removed_k|; 0: each map contributes what the score would lose (sensitivity). */
  readonly sensitivity: number;
  /** |S_c − Σ_k contributions_k| / |S_c|; 0: the contributions make up the score (conservation). */
  readonly conservation: number;
}

/** w_k Σ_ij A_k of XGrad-CAM, Σ_ij G_k A_k · ΣA/(ΣA + ε), or of Grad-CAM, Ḡ_k Σ_ij A_k. A, G [1, H, W, C]; [C] */
export function camContributions(activation: Tensor, gradient: Tensor, method: 'xGradCam' | 'gradCam', epsilon = 1e-8): Tensor {
  return scope(() => {
    const axes = [0, 1, 2];
    const total = sum(activation, { axes });
    const weights =
      method === 'xGradCam' ? div(sum(mul(gradient, activation), { axes }), affine(total, 1, epsilon)) : mean(gradient, { axes });
    return mul(weights, total);
  });
}

/** Scores of a class with each map of a layer set to zero in turn: [C]. A [1, H, W, C] */
export function scoresWithoutMaps(network: Network, activation: Tensor, target: number, layer: LayerKey): Tensor {
  const [, h, w, channels] = activation.shape as [number, number, number, number];
  return inEvaluation(network, () =>
    noGrad(() =>
      scope(() => {
        const kept = new Float32Array(channels * channels).fill(1);
        for (let k = 0; k < channels; k++) kept[k * channels + k] = 0;
        const { device } = activation;
        const without = mul(activation, reshape(tensor(kept, [channels, channels], { device }), [channels, 1, 1, channels]));
        const unread = zeros([channels, ...network.inputShape], { device });
        const { output } = network.forward(unread, { replace: new Map([[layer, reshape(without, [channels, h, w, channels])]]) });
        const classes = output.shape[1] as number;
        const chosen = Float32Array.from({ length: classes }, (_, c) => Number(c === target));
        return sum(mul(output, tensor(chosen, [1, classes], { device })), { axes: [1] });
      }),
    ),
  );
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const ratio = (part: number, whole: number): number => (part === 0 ? 0 : part / whole);

/**
 * How far the weights of a class activation map are from the two axioms.
 * @param x one sample [1, …]
 * @param target the class
 * @throws ConfigError for more than one sample; ShapeError where the layer puts out no maps
 */
export async function camAxioms(
  network: Network,
  x: Tensor,
  target: number,
  layer: LayerKey,
  method: 'xGradCam' | 'gradCam' = 'xGradCam',
): Promise<CamAxioms> {
  checkSubject(network, x);
  if (x.shape[0] !== 1) throw new ConfigError('x', `must be one sample, got ${x.shape[0]}.`);
  const made = scope(() => {
    const { activation, gradient, scores } = layerGradient(network, x, [target], layer);
    checkMaps('camAxioms', activation);
    return {
      scores,
      without: scoresWithoutMaps(network, activation, target, layer),
      contributions: camContributions(activation, gradient, method),
    };
  });
  const [scores, without, contributions] = await Promise.all([
    made.scores.data(),
    made.without.data(),
    made.contributions.data(),
  ]);
  for (const t of Object.values(made)) t.dispose();
  const score = scores[target] as number;
  const removed = without.map((value) => score - value);
  const missed = total([...removed].map((value, k) => Math.abs(value - (contributions[k] as number))));
  return {
    score,
    removed,
    contributions,
    sensitivity: ratio(missed, total([...removed].map(Math.abs))),
    conservation: ratio(Math.abs(score - total([...contributions])), Math.abs(score)),
  };
}
