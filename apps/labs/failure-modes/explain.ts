/** Why a network says what it says: integrated gradients along the path from a baseline, and saliency. */
import { integratedGradients, saliency } from '../../../engine/explain/attribution.ts';
import { quadrature } from '../../../engine/explain/quadrature.ts';
import { scoreGradient } from '../../../engine/explain/scores.ts';
import { Generator, noGrad, scope, tensor } from '../../../engine/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { type Config, normalised } from './data.ts';

const SIDE = 28;

export interface Attribution {
  /** [28, 28] */
  readonly map: Float32Array<ArrayBuffer>;
  /** Σ of the map, and S(x) − S(x′), which it should equal (integrated gradients only). */
  readonly sum: number;
  readonly difference: number | null;
  /** Share of the total |attribution| on the dot's pixels, their signed sum, and the rank of the strongest (1 = strongest of all). */
  readonly dotShare: number;
  readonly dotValue: number;
  readonly dotRank: number;
  /** Share of the total |attribution| that the strongest 5 % of the pixels hold. */
  readonly topShare: number;
  /** Class scores at the input. */
  readonly scores: readonly number[];
}

/** x′ for one image x, in normalised units. */
export function baselineOf(x: Float32Array, kind: Config['baseline'], seed: number): Float32Array<ArrayBuffer> {
  if (kind === 'mean grey') return new Float32Array(x.length);
  if (kind === 'black') return new Float32Array(x.length).fill(normalised(0));
  if (kind === 'white') return new Float32Array(x.length).fill(normalised(255));
  if (kind === 'noise') return new Generator(seed, 'baseline').normal(x.length);
  return blurred(x);
}

/** Three passes of a 5×5 mean with clamped borders: close to a Gaussian of deviation 2.4 pixels. */
function blurred(x: Float32Array): Float32Array<ArrayBuffer> {
  let from = Float32Array.from(x);
  const at = (row: number, column: number) =>
    from[Math.min(SIDE - 1, Math.max(0, row)) * SIDE + Math.min(SIDE - 1, Math.max(0, column))] as number;
  for (let pass = 0; pass < 3; pass++) {
    from = Float32Array.from(from, (_, i) => {
      const [row, column] = [Math.floor(i / SIDE), i % SIDE];
      let sum = 0;
      for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) sum += at(row + dy, column + dx);
      return sum / 25;
    });
  }
  return from;
}

/** Positions of the dot's pixels. */
export function dotPixels({ dotRow, dotColumn, dotSize }: Config): number[] {
  const size = Math.min(dotSize, SIDE - Math.max(dotRow, dotColumn));
  return Array.from({ length: size * size }, (_, i) => (dotRow + Math.floor(i / size)) * SIDE + dotColumn + (i % size));
}

async function scoresOf(network: Network, x: Float32Array<ArrayBuffer>): Promise<Float32Array> {
  const out = scope(() => noGrad(() => network.forward(tensor(x, [1, SIDE, SIDE, 1], { device: network.device }))));
  const values = await out.data();
  out.dispose();
  return values;
}

/** Share of the strongest twentieth. */
function topShareOf(magnitudes: Float32Array, total: number): number {
  const strongest = magnitudes.toSorted((a, b) => b - a).subarray(0, Math.round(magnitudes.length / 20));
  return total === 0 ? 0 : strongest.reduce((sum, value) => sum + value, 0) / total;
}

/** Explains the score of `label` for one image x [784]. */
export async function attribute(
  network: Network,
  x: Float32Array<ArrayBuffer>,
  label: number,
  config: Config,
): Promise<Attribution> {
  network.eval();
  const baseline = baselineOf(x, config.baseline, config.seed);
  const path = config.method === 'integrated gradients';
  const made = scope(() => {
    const image = tensor(x, [1, SIDE, SIDE, 1], { device: network.device });
    if (!path) return saliency(network, image, [label]);
    const start = tensor(baseline, image.shape, { device: network.device });
    return integratedGradients(network, image, [label], { steps: config.nodes, rule: config.rule, baseline: start });
  });
  const map = await made.data();
  made.dispose();
  const [scores, from] = [await scoresOf(network, x), path ? await scoresOf(network, baseline) : undefined];
  const magnitudes = map.map(Math.abs);
  const total = magnitudes.reduce((sum, value) => sum + value, 0);
  const pixels = dotPixels(config);
  const strongest = Math.max(...pixels.map((pixel) => magnitudes[pixel] as number));
  return {
    map,
    sum: map.reduce((sum, value) => sum + value, 0),
    difference: from ? (scores[label] as number) - (from[label] as number) : null,
    dotShare: total === 0 ? 0 : pixels.reduce((sum, pixel) => sum + (magnitudes[pixel] as number), 0) / total,
    dotValue: pixels.reduce((sum, pixel) => sum + (map[pixel] as number), 0),
    topShare: topShareOf(magnitudes, total),
    dotRank: 1 + magnitudes.filter((value) => value > strongest).length,
    scores: [...scores],
  };
}

export interface PathNode {
  readonly alpha: number;
  readonly weight: number;
  /** The interpolated image and the gradient there, [28, 28] each. */
  readonly image: Float32Array;
  readonly gradient: Float32Array;
  /** Σ (x − x′) w ∂S/∂x up to and including this node: how completeness is reached. */
  readonly running: number;
}

/** Every node of the path, for the scrubber. All nodes go through the network as one batch. */
export async function pathNodes(
  network: Network,
  x: Float32Array<ArrayBuffer>,
  label: number,
  config: Config,
): Promise<{ readonly nodes: readonly PathNode[]; readonly difference: number }> {
  const { nodes, weights } = quadrature(config.rule, config.nodes);
  const baseline = baselineOf(x, config.baseline, config.seed);
  const size = x.length;
  const images = new Float32Array(nodes.length * size);
  nodes.forEach((alpha, k) => {
    for (let i = 0; i < size; i++) {
      images[k * size + i] = (baseline[i] as number) + alpha * ((x[i] as number) - (baseline[i] as number));
    }
  });
  const made = scope(() =>
    scoreGradient(
      network,
      tensor(images, [nodes.length, SIDE, SIDE, 1], { device: network.device }),
      nodes.map(() => label),
    ),
  );
  const gradients = await made.data();
  made.dispose();
  const [at, from] = [await scoresOf(network, x), await scoresOf(network, baseline)];
  const difference = (at[label] as number) - (from[label] as number);
  let running = 0;
  const walked = nodes.map((alpha, k): PathNode => {
    const gradient = gradients.subarray(k * size, (k + 1) * size);
    for (let i = 0; i < size; i++)
      running += (weights[k] as number) * ((x[i] as number) - (baseline[i] as number)) * (gradient[i] as number);
    return {
      alpha,
      weight: weights[k] as number,
      image: images.slice(k * size, (k + 1) * size),
      gradient: gradient.slice(),
      running,
    };
  });
  return { nodes: walked, difference };
}
