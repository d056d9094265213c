/**
 * The attribution methods by name, each as maps [N, H, W] of the input's size or of a layer's grid: what a gallery, a table or a bench
 * goes through. The functions themselves are in the files that are named beside them.
 */
import { ConfigError } from '../errors.ts';
import { scope } from '../memory.ts';
import type { Module } from '../nn/module.ts';
import type { LayerKey, Network } from '../nn/network.ts';
import { relu, reshape, sum } from '../ops/index.ts';
import { DeviceGenerator } from '../ops/random.ts';
import type { Tensor } from '../tensor.ts';
import {
  channelMaximum,
  guidedBackpropagation,
  inputXGradient,
  integratedGradients,
  saliency,
  smoothGrad,
} from './attribution.ts';
import { cam, gradCam, gradCamPlusPlus, headBehind, xGradCam } from './cam.ts';
import { layerSaliency, spatialAttribution } from './layer-attribution.ts';
import { layerGuided, layerIntegrated, layerSmoothGrad } from './layer-gradients.ts';
import { type MethodName, readsMaps } from './method-names.ts';
import { type Fill, occlusion } from './perturbation.ts';
import type { QuadratureRule } from './quadrature.ts';
import { scoreCam } from './score-cam.ts';
import { checkSubject, type Targets } from './scores.ts';

export interface MethodOptions {
  /** The layer of the CAM family; for the gradient methods the layer to explain in place of the pixels. */
  readonly layer?: LayerKey;
  /** CAM family: keeps what speaks against the class. Default false: ReLU. */
  readonly signed?: boolean;
  /** SmoothGrad: noisy copies (default 50), their deviation in units of the input (default 0.15), and the seed of the noise (default 0). */
  readonly samples?: number;
  readonly sigma?: number;
  readonly seed?: number;
  /** Integrated gradients: nodes (default 50) and quadrature; x′ (default 0). On a layer the path starts where nothing is active. */
  readonly steps?: number;
  readonly rule?: QuadratureRule;
  readonly baseline?: Tensor | number;
  /** Occlusion: side of the window in pixels (default: a quarter of the shorter side), what fills it (default 0). */
  readonly window?: number;
  readonly fill?: Fill;
  /** Score-CAM: what is kept of the input where a mask is 0 (default 0). */
  readonly maskedTo?: number | Tensor;
  readonly onStep?: (done: number, total: number) => void;
}

const isMap = (module: Module): boolean => module.outputShape.length === 3;

/** Layers that put out maps [H, W, C], in the order of the network. */
export const mapLayers = (network: Network): readonly Module[] => network.modules.filter(isMap);

/** The layer that the CAM family reads unless told: the last with more than one cell; undefined where there is none. */
export function lastMaps(network: Network): Module | undefined {
  return network.layers.findLast(
    (module) => isMap(module) && (module.outputShape[0] as number) * (module.outputShape[1] as number) > 1,
  );
}

/** Why a method is not defined here, as a sentence; undefined where it is. */
export function whyUndefined(network: Network, method: MethodName, layer: LayerKey | undefined): string | undefined {
  const pixels = network.inputShape.length === 3;
  if (layer === undefined) {
    if (readsMaps(method)) return 'No layer of this network puts out maps.';
    return pixels ? undefined : 'The input of this network is no picture.';
  }
  if (method === 'occlusion') return pixels ? undefined : 'The input of this network is no picture.';
  const module = network.layer(layer);
  if (!isMap(module)) return `Layer ${layer} (${module.type}) puts out a vector, not maps.`;
  if (method !== 'CAM') return undefined;
  try {
    headBehind(network, layer);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** Attributions [N, H, W, C] as one number a pixel: their sum, which keeps completeness. */
const summed = (attribution: Tensor): Tensor => sum(attribution, { axes: [-1] });
/** The largest magnitude of the channels, as gradients are shown. */
const largest = (gradient: Tensor): Tensor => {
  const map = channelMaximum(gradient);
  return reshape(map, map.shape.slice(0, 3));
};

type Rule = (network: Network, x: Tensor, targets: Targets, options: MethodOptions) => Tensor;

const noise = ({ samples = 50, sigma = 0.15, seed = 0, onStep }: MethodOptions, { device }: Network) => ({
  samples,
  sigma,
  rng: new DeviceGenerator(seed, 'SmoothGrad', device),
  ...(onStep && { onStep }),
});
const path = ({ steps = 50, rule = 'gauss-legendre', onStep }: MethodOptions) => ({ steps, rule, ...(onStep && { onStep }) });

/** Methods on the pixels. */
const onPixels: Partial<Record<MethodName, Rule>> = {
  saliency: (network, x, targets) => largest(saliency(network, x, targets)),
  'gradient × input': (network, x, targets) => summed(inputXGradient(network, x, targets)),
  SmoothGrad: (network, x, targets, options) => {
    const { rng, ...rest } = noise(options, network);
    const map = largest(smoothGrad(network, x, targets, { rng, ...rest }));
    rng.dispose();
    return map;
  },
  'integrated gradients': (network, x, targets, options) =>
    summed(integratedGradients(network, x, targets, { ...path(options), baseline: options.baseline ?? 0 })),
  'guided back-propagation': (network, x, targets) => largest(guidedBackpropagation(network, x, targets)),
  occlusion: (network, x, targets, { window, fill = 0, onStep }) => {
    const [, h, w] = x.shape as [number, number, number, number];
    const side = window ?? Math.max(1, Math.floor(Math.min(h, w) / 4));
    return occlusion(network, x, targets, { window: side, fill, ...(onStep && { onStep }) });
  },
};

/** Methods on the maps of a layer. */
const onMaps: Partial<
  Record<MethodName, (network: Network, x: Tensor, targets: Targets, layer: LayerKey, o: MethodOptions) => Tensor>
> = {
  saliency: (network, x, targets, layer) => layerSaliency(network, x, targets, layer, { form: 'gradient' }),
  'gradient × input': spatialAttribution,
  SmoothGrad: (network, x, targets, layer, options) => {
    const { rng, ...rest } = noise(options, network);
    const map = layerSmoothGrad(network, x, targets, layer, { rng, ...rest });
    rng.dispose();
    return map;
  },
  'integrated gradients': (network, x, targets, layer, options) => layerIntegrated(network, x, targets, layer, path(options)),
  'guided back-propagation': layerGuided,
  CAM: (network, x, targets, layer, { signed = false }) => {
    const map = cam(network, x, targets, layer);
    return signed ? map : relu(map);
  },
  'Grad-CAM': gradCam,
  'XGrad-CAM': (network, x, targets, layer, options) => xGradCam(network, x, targets, layer, undefined, options),
  'Grad-CAM++': gradCamPlusPlus,
  'Score-CAM': (network, x, targets, layer, { signed = false, maskedTo = 0, onStep }) =>
    scoreCam(network, x, targets, layer, { signed, baseline: maskedTo, ...(onStep && { onStep }) }),
};

/**
 * The maps of one method for a batch: [N, H, W], raw (neither scaled nor enlarged), positive where it speaks for the class. Saliency, SmoothGrad
 * and guided back-propagation give magnitudes: of pixels the largest of the channels, of a layer their sum.
 * @throws ConfigError with `whyUndefined`'s sentence where the method is not defined
 */
export function explainBy(
  method: MethodName,
  network: Network,
  x: Tensor,
  targets: Targets,
  options: MethodOptions = {},
): Tensor {
  checkSubject(network, x);
  const { layer } = options;
  const why = whyUndefined(network, method, layer);
  if (why) throw new ConfigError('method', why);
  return scope(() => {
    if (layer !== undefined && method !== 'occlusion') {
      const rule = onMaps[method];
      if (rule) return rule(network, x, targets, layer, options);
    }
    return (onPixels[method] as Rule)(network, x, targets, options);
  });
}
