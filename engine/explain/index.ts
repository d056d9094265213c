/** Looking into networks and data: attribution, class activation maps, attacks, embeddings. */
export { type AttackOptions, fgsm, type PgdOptions, pgd } from './adversarial.ts';
export { type Affinities, affinitiesOf, type DenseAffinities, type SparseAffinities } from './affinities.ts';
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
export { type NeighbourhoodOptions, Neighbourhoods } from './neighbourhoods.ts';
export { nearestNeighbours, neighbourAgreement, neighbourOverlap } from './neighbours.ts';
export { type PrincipalComponents, principalComponents } from './pca.ts';
export { gaussLegendre, type Quadrature, type QuadratureRule, quadrature } from './quadrature.ts';
export { type LayerGradient, layerGradient, scoreGradient, type Targets } from './scores.ts';
export {
  initialLayout,
  preparePoints,
  Tsne,
  TsneConvergence,
  type TsneOptions,
  type TsneSchedule,
  type TsneState,
  tsneSchedules,
} from './tsne.ts';
