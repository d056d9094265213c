/** The attribution methods of the fixtures: one row each, from the file's name to the engine's function. */
import { fgsm, pgd } from '../../engine/explain/adversarial.ts';
import { guidedBackpropagation, inputXGradient, integratedGradients, saliency } from '../../engine/explain/attribution.ts';
import { cam, xGradCam } from '../../engine/explain/cam.ts';
import type { QuadratureRule } from '../../engine/explain/quadrature.ts';
import type { Network } from '../../engine/nn/network.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { layerAttributions } from './explain-methods.ts';
import { type Files, upload } from './fixture-files.ts';
import type { Layout } from './fixture-layouts.ts';
import type { Attrs } from './fixture-ops.ts';

/** @returns the map, and how its axes lie (an image is [N, H, W, C] here and [N, C, H, W] in the file) */
export type AttributionMethod = (
  files: Files,
  network: Network,
  x: Tensor,
  targets: Tensor,
  attrs: Attrs,
) => { readonly map: Tensor; readonly layout: Layout };

function baseline(files: Files, given: unknown): Tensor | number {
  if (typeof given === 'number') return given;
  if (given === undefined || given === 'zeros') return 0;
  if (given === 'ones') return 1;
  return upload(files, String(given), 'image');
}

export const attributionMethods: Readonly<Record<string, AttributionMethod>> = {
  ...Object.fromEntries(
    Object.entries(layerAttributions).map(([name, method]): [string, AttributionMethod] => [
      name,
      (_, network, x, targets, attrs) => method(network, x, targets, attrs),
    ]),
  ),
  saliency: (_, network, x, t, attrs) => ({
    map: saliency(network, x, t, { absolute: (attrs.absolute as boolean | undefined) ?? true }),
    layout: 'image',
  }),
  inputXGradient: (_, network, x, t) => ({ map: inputXGradient(network, x, t), layout: 'image' }),
  guidedBackpropagation: (_, network, x, t) => ({ map: guidedBackpropagation(network, x, t), layout: 'image' }),
  integratedGradients: (files, network, x, t, attrs) => ({
    map: integratedGradients(network, x, t, {
      steps: attrs.steps as number,
      rule: attrs.rule as QuadratureRule,
      baseline: baseline(files, attrs.baseline),
    }),
    layout: 'image',
  }),
  cam: (_, network, x, t, attrs) => ({ map: cam(network, x, t, attrs.layer as number), layout: 'plain' }),
  xGradCam: (_, network, x, t, attrs) => ({ map: xGradCam(network, x, t, attrs.layer as number), layout: 'plain' }),
  fgsm: (_, network, x, t, attrs) => ({
    map: fgsm(network, x, t, {
      epsilon: attrs.epsilon as number,
      targeted: (attrs.targeted as boolean | undefined) ?? false,
    }),
    layout: 'image',
  }),
  pgd: (_, network, x, t, attrs) => ({
    map: pgd(network, x, t, {
      epsilon: attrs.epsilon as number,
      stepSize: attrs.stepSize as number,
      steps: attrs.steps as number,
      randomStart: (attrs.randomStart as boolean | undefined) ?? false,
      targeted: (attrs.targeted as boolean | undefined) ?? false,
    }),
    layout: 'image',
  }),
};
