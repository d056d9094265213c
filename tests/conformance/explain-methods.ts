/**
 * The methods of `engine/explain` and `engine/repair` by the names of the fixtures (kinds `attribution` and `method`): one row each, from
 * the file's name to the engine's function.
 */

import { grad } from '../../engine/autodiff.ts';
import { gradCam, gradCamPlusPlus } from '../../engine/explain/cam.ts';
import { fourierImage } from '../../engine/explain/features/image-parameters.ts';
import { totalVariation } from '../../engine/explain/features/penalties.ts';
import {
  channelAttribution,
  channelAttributionPath,
  layerSaliency,
  layerToLayer,
  spatialAttribution,
} from '../../engine/explain/layer-attribution.ts';
import { nmf } from '../../engine/explain/nmf.ts';
import { deletion, insertion, occlusion } from '../../engine/explain/perturbation.ts';
import { scoreCam } from '../../engine/explain/score-cam.ts';
import type { Network } from '../../engine/nn/network.ts';
import { bhattacharyya } from '../../engine/repair/bhattacharyya.ts';
import { type MaskRule, saliencyMask } from '../../engine/repair/masks.ts';
import { type MeasureName, measure } from '../../engine/repair/measures.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { Layout } from './fixture-layouts.ts';
import type { Method, MethodCall } from './fixture-methods.ts';
import type { Attrs } from './fixture-ops.ts';

const plain = (map: Tensor) => ({ map, layout: 'plain' as const });
const layerOf = (attrs: Attrs) => attrs.layer as number | string;

/** Methods of kind `attribution`: network, input, targets and attributes to a map. */
export const layerAttributions: Readonly<
  Record<
    string,
    (network: Network, x: Tensor, targets: Tensor, attrs: Attrs) => { readonly map: Tensor; readonly layout: Layout }
  >
> = {
  spatialAttribution: (network, x, t, attrs) => plain(spatialAttribution(network, x, t, layerOf(attrs))),
  layerSaliency: (network, x, t, attrs) => plain(layerSaliency(network, x, t, layerOf(attrs))),
  channelAttribution: (network, x, t, attrs) => plain(channelAttribution(network, x, t, layerOf(attrs))),
  gradCam: (network, x, t, attrs) => plain(gradCam(network, x, t, layerOf(attrs))),
  gradCamPlusPlus: (network, x, t, attrs) => plain(gradCamPlusPlus(network, x, t, layerOf(attrs))),
  scoreCam: (network, x, t, attrs) => plain(scoreCam(network, x, t, layerOf(attrs), { batchSize: 4 })),
  occlusion: (network, x, t, attrs) =>
    plain(
      occlusion(network, x, t, {
        window: attrs.window as number,
        stride: attrs.stride as number,
        fill: attrs.fill as number,
      }),
    ),
  channelAttributionPath: (network, x, t, attrs) =>
    plain(channelAttributionPath(network, x, t, layerOf(attrs), { steps: attrs.steps as number })),
};

const perturbed =
  (method: typeof deletion): Method =>
  async (call: MethodCall) => {
    const { steps, curve, area } = await method(
      call.network(),
      call.tensor('input', 'image'),
      call.tensor('target'),
      call.tensor('map'),
      { steps: call.attrs.steps as number, fill: call.attrs.fill as number },
    );
    return {
      curve: { value: { shape: [area.length, steps + 1], data: curve } },
      area: { value: { shape: [area.length], data: area } },
    };
  };

/** Methods of kind `method`. Every output that the file names must be there. */
export const explainMethods: Readonly<Record<string, Method>> = {
  layerToLayer: (call) => ({
    attribution: {
      value: layerToLayer(call.network(), call.tensor('input', 'image'), {
        from: call.attrs.from_ as number,
        to: call.attrs.to as number,
      }),
    },
  }),
  deletion: perturbed(deletion),
  insertion: perturbed(insertion),
  fourierImage: (call) => {
    const spectrum = call.tensor('spectrum');
    spectrum.requiresGrad = true;
    const image = fourierImage(spectrum, { height: call.attrs.height as number, width: call.attrs.width as number });
    const [gradient] = grad(image, [spectrum], { gradOutput: call.tensor('upstream', 'image') });
    return { image: { value: image, layout: 'image' }, gradient: { value: gradient as Tensor } };
  },
  totalVariation: (call) => ({ value: { value: totalVariation(call.tensor('image', 'image')) } }),
  nmf: async (call) => {
    const { W, B } = await nmf(call.tensor('V'), {
      iterations: call.attrs.iterations as number,
      epsilon: call.attrs.epsilon as number,
      start: { W: call.tensor('W'), B: call.tensor('B') },
    });
    return { W: { value: W }, B: { value: B } };
  },
  measure: (call) => ({
    value: {
      value: measure(call.attrs.measure as MeasureName, call.tensor('u'), call.tensor('h'), { p: call.attrs.p as number }),
    },
  }),
  bhattacharyya: (call) => ({ value: { value: bhattacharyya(call.tensor('P'), call.tensor('Q')) } }),
  mask: (call) => ({
    mask: {
      value: saliencyMask(call.tensor('map'), call.attrs as unknown as MaskRule, {
        size: call.attrs.size as [number, number],
      }),
    },
  }),
};
