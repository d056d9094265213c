/**
 * MaskTune (Taghanaki et al. 2022, arXiv 2210.00055): hide what a trained network looks at most, and fine-tune it for one epoch on what is
 * left, so that it has to find other evidence.
 */

import { ShapeError } from '../errors.ts';
import { gradCamFrom, xGradCamFrom } from '../explain/cam.ts';
import { layerGradient } from '../explain/scores.ts';
import type { LayerKey, Network } from '../nn/network.ts';
import { argmax } from '../ops/index.ts';
import { Generator } from '../random.ts';
import type { Tensor } from '../tensor.ts';
import { inBatches } from '../train/batches.ts';
import type { TrainingData } from '../train/data.ts';
import { type MaskedDataOptions, maskedData, type SaliencyMaps } from './data.ts';
import { type MaskRule, normaliseMaps } from './masks.ts';
import { type Fit, type FitOptions, fitNetwork } from './training.ts';

export interface SaliencyMapsOptions {
  /** The layer whose maps are weighted; in the source the last ReLU before the pooling. */
  readonly layer: LayerKey;
  /** Which class's map: the true label (the re-implementation) or the prediction (the paper's code). Default 'true'. */
  readonly of?: 'true' | 'predicted';
  /** Default 'xGradCam'. */
  readonly method?: 'xGradCam' | 'gradCam';
  /** ε of XGrad-CAM and of the normalisation. Default 1e-8 (the paper's code: 1e-7). */
  readonly epsilon?: number;
  /** Default 256. */
  readonly batchSize?: number;
  /** What it returns is awaited before the next batch. */
  readonly onProgress?: (share: number) => unknown;
}

/**
 * XGrad-CAM of every sample in evaluation mode, scaled to [0, 1] each: one forward pass and one backward pass down to the layer for each
 * batch.
 * @throws ShapeError that names the layer where it puts out no maps
 */
export async function saliencyMaps(network: Network, data: TrainingData, options: SaliencyMapsOptions): Promise<SaliencyMaps> {
  const { layer, of = 'true', method = 'xGradCam', epsilon = 1e-8, batchSize = 256, onProgress } = options;
  const { path, outputShape } = network.layer(layer);
  const [height, width, channels] = outputShape as readonly [number, number, number];
  if (channels === undefined) throw new ShapeError('saliencyMaps', [outputShape], `layer '${path}' must put out maps [H, W, C]`);
  let values: Float32Array<ArrayBuffer> | undefined;
  const batches = inBatches(data, network.device, batchSize, ({ inputs, targets }) => {
    const classes = of === 'true' ? targets : (scores: Tensor) => argmax(scores);
    const { activation, gradient } = layerGradient(network, inputs, classes, layer);
    const maps = method === 'xGradCam' ? xGradCamFrom(activation, gradient, epsilon) : gradCamFrom(activation, gradient);
    return [normaliseMaps(maps, epsilon)];
  });
  for await (const {
    start,
    size,
    values: [found],
  } of batches) {
    values ??= new Float32Array(data.count * height * width);
    values.set(found as Float32Array, start * height * width);
    await onProgress?.((start + size) / data.count);
  }
  return { count: data.count, height, width, values: values as Float32Array<ArrayBuffer> };
}

/**
 * Maps with the cells of each shuffled: rules on the grid hide as many cells, but at random places. The control of MaskTune. It is equal in cells,
 * not always in pixels: of a cell that lies alone fewer pixels reach the ½ of a hard mask than of one among others, and the paper's rule, whose
 * threshold is one of the resized map, finds another where the hot cells lie apart.
 */
export function shuffledMaps(maps: SaliencyMaps, seed: number): SaliencyMaps {
  const rng = new Generator(seed, 'shuffled masks');
  const cells = maps.height * maps.width;
  const values = maps.values.slice();
  for (let i = 0; i < maps.count; i++) rng.shuffle(values.subarray(i * cells, (i + 1) * cells));
  return { ...maps, values };
}

export interface MaskTuneOptions extends Omit<SaliencyMapsOptions, 'onProgress'>, MaskedDataOptions {
  readonly rule: MaskRule;
  /** Default: Adam with η = 1e-3, one epoch, batches of 128 (the re-implementation). The paper goes on with SGD and its last rate. */
  readonly fit?: Partial<FitOptions>;
  /** Maps that are known already; absent: made first. */
  readonly maps?: SaliencyMaps;
  /** Hide as many cells at random places instead (see `shuffledMaps`), from this seed; of several rounds each has a seed of its own, one higher. */
  readonly control?: number;
  /** What it returns is awaited before the work goes on. */
  readonly onProgress?: (phase: 'maps' | 'fine-tuning', share: number) => unknown;
}

export interface MaskTuned {
  /** The fine-tuned copy; the given network is as it was. */
  readonly network: Network;
  /** What the masks were made of. */
  readonly maps: SaliencyMaps;
  /** What it was fine-tuned on. */
  readonly data: TrainingData;
  readonly fit: Fit;
}

/**
 * Masks once, with the frozen network, for the whole training set; then fine-tunes a copy on the masked images, batch normalisation in training
 * mode.
 * @param data training data with labels; images [H, W, C]
 * @throws ShapeError where the layer puts out no maps; ConfigError for a rule that is none
 */
export async function maskTune(network: Network, data: TrainingData, options: MaskTuneOptions): Promise<MaskTuned> {
  const { rule, onProgress } = options;
  const maps =
    options.maps ?? (await saliencyMaps(network, data, { ...options, onProgress: (share) => onProgress?.('maps', share) }));
  const shown = options.control === undefined ? maps : shuffledMaps(maps, options.control);
  const masked = maskedData(data, shown, rule, options);
  const tuned = network.clone();
  try {
    const given = { optimiser: { type: 'adam', lr: 1e-3 }, epochs: 1, batchSize: 128, ...options.fit } as const;
    const done = await fitNetwork(tuned, masked, {
      ...given,
      onEvent: async (event) => {
        if (event.type === 'step') await onProgress?.('fine-tuning', event.step / event.total);
        await options.fit?.onEvent?.(event);
      },
    });
    return { network: tuned, maps: shown, data: masked, fit: done };
  } catch (error) {
    tuned.dispose();
    throw error;
  }
}

/** One model of a sweep. */
export interface SweepEntry extends MaskTuned {
  /** For instance 'topK 0.1'. */
  readonly name: string;
  readonly rule: MaskRule;
}

/** 'topK 0.1', 'threshold 0.3', 'mean 0.9', 'paper'. */
export function ruleName(rule: MaskRule): string {
  if (rule.rule === 'paper') return 'paper';
  return `${rule.rule} ${rule.rule === 'threshold' ? rule.threshold : rule.k}`;
}

/** The fifteen masked models of the re-implementation: three rules at five strengths each; with the network itself, sixteen. */
export const SWEEP_RULES: readonly MaskRule[] = [0.1, 0.3, 0.5, 0.7, 0.9].flatMap((k) => [
  { rule: 'mean', k },
  { rule: 'threshold', threshold: k },
  { rule: 'topK', k },
]);

/** Fine-tunes one copy for each rule; the maps are made once. The caller disposes of the networks. */
export async function* maskTuneSweep(
  network: Network,
  data: TrainingData,
  options: Omit<MaskTuneOptions, 'rule'> & { readonly rules?: readonly MaskRule[] },
): AsyncGenerator<SweepEntry> {
  const { rules = SWEEP_RULES, ...rest } = options;
  const maps =
    rest.maps ?? (await saliencyMaps(network, data, { ...rest, onProgress: (share) => rest.onProgress?.('maps', share) }));
  for (const rule of rules) {
    yield { ...(await maskTune(network, data, { ...rest, maps, rule })), name: ruleName(rule), rule };
  }
}

/**
 * MaskTune again and again: each round explains the network of the round before on the data it was tuned on, so that what was hidden stays hidden
 * and something else is found. The caller disposes of the networks.
 */
export async function* iteratedMaskTune(
  network: Network,
  data: TrainingData,
  options: MaskTuneOptions & { readonly rounds: number },
): AsyncGenerator<MaskTuned> {
  let explained = network;
  let current = data;
  try {
    for (let round = 0; round < options.rounds; round++) {
      const { maps, control, ...rest } = options;
      const tuned = await maskTune(explained, current, {
        ...rest,
        ...(round === 0 && maps && { maps }),
        // The same places again would hide nothing new.
        ...(control !== undefined && { control: control + round }),
      });
      if (explained !== network) explained.dispose();
      // A copy of its own, so that the reader may release the network at once.
      explained = tuned.network.clone();
      current = tuned.data;
      yield tuned;
    }
  } finally {
    if (explained !== network) explained.dispose();
  }
}
