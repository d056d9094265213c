/** Looking into networks: attribution, class activation maps, attacks. */
export { type AttackOptions, fgsm, type PgdOptions, pgd } from './adversarial.ts';
export {
  channelMaximum,
  completenessError,
  guidedBackpropagation,
  type IntegratedGradientsOptions,
  inputXGradient,
  integratedGradients,
  type SaliencyOptions,
  type SmoothGradOptions,
  saliency,
  smoothGrad,
  withGuidedRelu,
} from './attribution.ts';
export { cam, gradCam, xGradCam, xGradCamFrom } from './cam.ts';
export { gaussLegendre, type Quadrature, type QuadratureRule, quadrature } from './quadrature.ts';
export { type LayerGradient, layerGradient, scoreGradient, type Targets } from './scores.ts';
