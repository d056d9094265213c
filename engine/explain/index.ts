/** Looking into networks and data: attribution, class activation maps, attacks, embeddings. */
export {
  type AttackOptions,
  fgsm,
  type PenalisedAttackOptions,
  type PgdOptions,
  penalisedAttack,
  penalisedPath,
  pgd,
  pgdPath,
  signNoise,
} from './adversarial.ts';
export { type AdversarialTrainingOptions, adversarialTransform } from './adversarial-training.ts';
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
export {
  activationGrid,
  type DictionaryCell,
  displayScale,
  type GridCell,
  type HostMaps,
  type SemanticDictionary,
  semanticDictionary,
  twoClassColours,
} from './building-blocks.ts';
export {
  type CamOptions,
  cam,
  gradCam,
  gradCamFrom,
  gradCamPlusPlus,
  gradCamPlusPlusFrom,
  xGradCam,
  xGradCamFrom,
} from './cam.ts';
export { type CamAxioms, camAxioms, camContributions, scoresWithoutMaps } from './cam-axioms.ts';
export { edgeMap, inputMap, randomMap, uniformMap } from './control-maps.ts';
export { correlation, rankCorrelation } from './correlation.ts';
export { enlargeMap, type MapScale, massShare, scaleMap } from './display.ts';
export {
  type CueScore,
  classScores,
  cueScore,
  type Infidelity,
  type InfidelityOptions,
  infidelity,
  infidelityOf,
  type MaxSensitivityOptions,
  maxSensitivity,
  type SquareEffects,
  squareEffects,
} from './faithfulness.ts';
export * from './features/index.ts';
export {
  channelAttribution,
  channelAttributionPath,
  channelEvidence,
  type LayerSaliencyOptions,
  type LayerToLayerOptions,
  layerSaliency,
  layerToLayer,
  type PathOptions,
  scoresFrom,
  spatialAttribution,
} from './layer-attribution.ts';
export { type LayerPathOptions, layerGuided, layerIntegrated, layerSmoothGrad } from './layer-gradients.ts';
export { classPlane, type LossPlaneOptions, lossPlane, type PlaneOptions, type WalkPlane, walkPlane } from './loss-plane.ts';
export { METHOD_NAMES, type MethodName, readsGradients, readsMaps } from './method-names.ts';
export {
  explainBy,
  lastMaps,
  type MethodOptions,
  mapLayers,
  whyUndefined,
} from './methods.ts';
export { type NeighbourhoodOptions, Neighbourhoods } from './neighbourhoods.ts';
export { nearestNeighbours, neighbourAgreement, neighbourOverlap } from './neighbours.ts';
export { type Factors, groupAttribution, groupOrder, type NmfOptions, nmf, nmfResidual, nmfUpdate } from './nmf.ts';
export { type PrincipalComponents, principalComponents } from './pca.ts';
export {
  deletion,
  type Fill,
  insertion,
  type OcclusionOptions,
  occlusion,
  type PerturbationCurve,
  type PerturbationOptions,
  pixelRanks,
} from './perturbation.ts';
export { type PixelScale, pixelNetwork } from './pixel-network.ts';
export { gaussLegendre, type Quadrature, type QuadratureRule, quadrature } from './quadrature.ts';
export { type CascadeOptions, type CascadeStep, cascadeLayers, randomisationCascade, randomisedTop } from './randomisation.ts';
export { type Attack, type RobustAccuracy, type RobustAccuracyOptions, robustAccuracy } from './robustness.ts';
export { type ScoreCamOptions, scoreCam } from './score-cam.ts';
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
