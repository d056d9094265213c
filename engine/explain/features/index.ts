/** Feature visualisation: objectives, ways to write an image, what keeps it from being noise, and the optimisation. */
export { REDIRECTED_RELU, SMOOTH_MAX_POOL, withRedirectedRelu, withSmoothMaxPool } from './gradients.ts';
export {
  correlateColour,
  type FourierImageOptions,
  fourierImage,
  type ImageParameters,
  type ImageParametersKind,
  type ImageParametersOptions,
  imageParameters,
  spectrumColumns,
} from './image-parameters.ts';
export { type ObjectiveOptions, objectiveUnderTransforms } from './measure.ts';
export {
  caricatureObjective,
  channelObjective,
  deepDreamObjective,
  directionObjective,
  directionsObjective,
  diversityObjective,
  interpolationObjective,
  type Look,
  logitObjective,
  neuronObjective,
  type Objective,
  type PenaltyName,
  penaltyObjective,
  weightedObjective,
} from './objectives.ts';
export { blur, blurPenalty, highFrequencyShare, l1Penalty, totalVariation } from './penalties.ts';
export {
  ARTICLE_ROBUSTNESS,
  drawTransforms,
  LUCID_ROBUSTNESS,
  NO_ROBUSTNESS,
  type RobustnessOptions,
  SMALL_ROBUSTNESS,
} from './robustness.ts';
export { type Visualisation, type VisualiseOptions, visualise } from './visualise.ts';
