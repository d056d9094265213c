/** Repairing networks: MaskTune, MODE, methods that know groups, and what they must beat. */
export { bhattacharyya } from './bhattacharyya.ts';
export { cutout, eraseRegion, onInputs, type Region } from './controls.ts';
export { type MaskedDataOptions, maskedData, type SaliencyMaps, selectData, withTargets } from './data.ts';
export {
  balancedSubset,
  balancingWeights,
  type GroupScores,
  type Groups,
  groupScores,
  groupSizes,
} from './groups.ts';
export { type JustTrainTwiceOptions, justTrainTwice, type TrainedTwice } from './just-train-twice.ts';
export { type LastLayerOptions, type LastLayerRetrained, lastLayerRetraining } from './last-layer.ts';
export {
  iteratedMaskTune,
  type MaskTuned,
  type MaskTuneOptions,
  maskTune,
  maskTuneSweep,
  ruleName,
  type SaliencyMapsOptions,
  SWEEP_RULES,
  type SweepEntry,
  saliencyMaps,
  shuffledMaps,
} from './mask-tune.ts';
export { hide, type MaskOptions, type MaskRule, normaliseMaps, saliencyMask } from './masks.ts';
export { type MeasureName, type MeasureOptions, measure, measureNames, mostAlike, type OrderOptions } from './measures.ts';
export {
  type Bug,
  type BugOptions,
  type Bugs,
  findBugs,
  type LabelAccuracies,
  labelAccuracies,
  mislabel,
  starve,
} from './mode/bugs.ts';
export { type FeatureRows, featureDifference, featureHeatMaps, featureScores } from './mode/feature-maps.ts';
export { difference as heatMapDifference, type HeatMap, type HeatMaps, heatMaps } from './mode/heat-maps.ts';
export { type Depth, type LayerSelection, type LayerSelectionOptions, selectLayer } from './mode/layer-selection.ts';
export { type ModeOptions, type ModeRound, mode } from './mode/repair.ts';
export {
  type Chosen,
  measureImages,
  type Rest,
  type SelectionContext,
  type SelectionMethod,
  selectImages,
} from './mode/selection.ts';
export { type HeldOut, heldOutScore, type ModelSelection, type Selected } from './model-selection.ts';
export { type GroupDroFit, type GroupDroOptions, groupDro, type ReweightingOptions, reweighting } from './reweighting.ts';
export { type Interval, meanInterval, type PairedTest, pairedTest } from './statistics.ts';
export { errorSet, type Fit, type FitOptions, fitNetwork } from './training.ts';
