/** The rows of the bench: methods that explain, controls that do not, and the truth. */
import { noGrad } from '../../autodiff.ts';
import { scope } from '../../memory.ts';
import type { Network } from '../../nn/network.ts';
import { max, reshape, resize2d, sub, sum } from '../../ops/index.ts';
import type { DeviceGenerator } from '../../ops/random.ts';
import type { Tensor } from '../../tensor.ts';
import { guidedBackpropagation, inputXGradient, integratedGradients, saliency, smoothGrad } from '../attribution.ts';
import { cam, gradCam, gradCamPlusPlus, xGradCam } from '../cam.ts';
import { edgeMap, inputMap, randomMap, uniformMap } from '../control-maps.ts';
import { classScores } from '../faithfulness.ts';
import { layerSaliency, spatialAttribution } from '../layer-attribution.ts';
import { lastMaps, whyUndefined } from '../methods.ts';
import { occlusion } from '../perturbation.ts';
import { scoreCam } from '../score-cam.ts';
import { type CueImages, onCue, withoutCue } from './cue.ts';

/** What a row may need besides network and images. */
export interface RowContext {
  readonly rng: DeviceGenerator;
  /** Nodes of integrated gradients, and noisy copies of SmoothGrad. */
  readonly nodes: number;
  /** A layer that puts out maps, for class activation maps; undefined where the network has none. */
  readonly layer: string | undefined;
  /** The network before its training, or with weights drawn anew. */
  readonly random: Network;
  /** For each image another class than its target. */
  readonly others: readonly number[];
}

export interface BenchRow {
  readonly id: string;
  readonly name: string;
  readonly kind: 'method' | 'control' | 'truth';
  /** Whether its values claim to add up to S_c(x) − S_c(0). */
  readonly complete?: true;
  /** Whether its maps are the same whatever network is given. */
  readonly ignoresNetwork?: true;
  /**
   * Maps [N, H, W], signed where the method is.
   * @param x the images, or changed copies of them
   */
  explain(network: Network, images: CueImages, x: Tensor, context: RowContext): Tensor;
}

/** Σ over the channels: [N, H, W, C] → [N, H, W]. */
const summed = (map: Tensor): Tensor => scope(() => sum(map, { axes: [3] }));

/** Largest over the channels, for what has no sign. */
const largest = (map: Tensor): Tensor => scope(() => max(map, { axes: [3] }));

/** A raw grid [N, h, w] in the size of the images. */
function enlarged(grid: Tensor, x: Tensor): Tensor {
  const [n, h, w] = grid.shape as [number, number, number];
  const size = [x.shape[1] as number, x.shape[2] as number] as const;
  return scope(() => reshape(resize2d(reshape(grid, [n, h, w, 1]), { size, mode: 'bilinear' }), [n, ...size]));
}

type Explain = BenchRow['explain'];
const row = (id: string, name: string, explain: Explain, more: Partial<BenchRow> = {}): BenchRow => ({
  id,
  name,
  kind: 'method',
  explain: (...args) => scope(() => explain(...args)),
  ...more,
});

const integrated = (network: Network, x: Tensor, targets: readonly number[], { nodes }: RowContext) =>
  summed(integratedGradients(network, x, targets, { steps: nodes }));

/** Standard deviation of SmoothGrad's noise, in the units of normalised images (a tenth to a fifth of their range). */
const SIGMA = 0.5;

const pixelRows: readonly BenchRow[] = [
  row('saliency', 'saliency', (network, { targets }, x) => largest(saliency(network, x, targets))),
  row('input-x-gradient', 'gradient × input', (network, { targets }, x) => summed(inputXGradient(network, x, targets))),
  row(
    'integrated-gradients',
    'integrated gradients',
    (network, { targets }, x, context) => integrated(network, x, targets, context),
    { complete: true },
  ),
  row('smooth-grad', 'SmoothGrad', (network, { targets }, x, { rng, nodes }) =>
    summed(smoothGrad(network, x, targets, { samples: nodes, sigma: SIGMA, rng })),
  ),
  row('guided-backpropagation', 'guided back-propagation', (network, { targets }, x) =>
    summed(guidedBackpropagation(network, x, targets)),
  ),
  row('occlusion', 'occlusion', (network, { targets }, x) => occlusion(network, x, targets, { window: 4, stride: 2 })),
];

type LayerMethod = (network: Network, x: Tensor, targets: readonly number[], layer: string) => Tensor;
const layerRow = (id: string, name: string, method: LayerMethod): BenchRow =>
  row(id, name, (network, { targets }, x, { layer }) => enlarged(method(network, x, targets, layer as string), x));

const layerRows: readonly BenchRow[] = [
  layerRow('grad-cam', 'Grad-CAM', gradCam),
  layerRow('grad-cam-plus-plus', 'Grad-CAM++', gradCamPlusPlus),
  layerRow('x-grad-cam', 'XGrad-CAM', xGradCam),
  layerRow('score-cam', 'Score-CAM', (network, x, targets, layer) => scoreCam(network, x, targets, layer, { batchSize: 4 })),
  layerRow('layer-saliency', 'layer saliency', layerSaliency),
  layerRow('spatial-attribution', 'spatial attribution', spatialAttribution),
];

const camRow = layerRow('cam', 'CAM', cam);

/** The measured effect of the cue on the score, on its pixels: S_c(x) − S_c(x without the cue). */
const truth = row(
  'truth',
  'ground truth',
  (network, images, x) =>
    noGrad(() => {
      const { targets } = images;
      return onCue(images, sub(classScores(network, x, targets), classScores(network, withoutCue(images, x), targets)));
    }),
  { kind: 'truth' },
);

const control = (id: string, name: string, explain: Explain, more: Partial<BenchRow> = {}) =>
  row(id, name, explain, { kind: 'control', ...more });
const blind = { ignoresNetwork: true } as const;

const controlRows: readonly BenchRow[] = [
  control('uniform', 'uniform', (_network, _images, x) => uniformMap(x), blind),
  control('random', 'random', (_network, _images, x, { rng }) => randomMap(x, rng), blind),
  control('edges', 'edges (Sobel)', (_network, _images, x) => edgeMap(x), blind),
  control('input', 'the input', (_network, _images, x) => inputMap(x), blind),
  control(
    'random-weights',
    'integrated gradients, random weights',
    (_network, { targets }, x, context) => integrated(context.random, x, targets, context),
    blind,
  ),
  control('other-class', 'integrated gradients, other class', (network, _images, x, context) =>
    integrated(network, x, context.others.slice(0, x.shape[0]), context),
  ),
];

/** All rows that are defined for a network: the truth first, then methods, then controls. */
export function benchRows(network: Network, layer = lastMaps(network)?.path): readonly BenchRow[] {
  const onLayers = layer === undefined ? [] : [...layerRows, ...(whyUndefined(network, 'CAM', layer) ? [] : [camRow])];
  return [truth, ...pixelRows, ...onLayers, ...controlRows];
}
