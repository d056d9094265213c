/** Data sets: loading, splitting, tainting. Files of a folder come from `source-node.ts`, which needs Node. */
export { DATASETS, type DatasetName } from './catalog.ts';
export { allDots, allGrid, globalCorruption, localCorruption, spuriousSquare, taint, texture } from './corruptions.ts';
export {
  channelStatistics,
  classCounts,
  concatenate,
  type ImageDataset,
  imageAt,
  imageDataset,
  type Normalisation,
  shuffle,
  splitDataset,
  subset,
  take,
  toFloat32,
} from './dataset.ts';
export { type LoadOptions as LoadDatasetOptions, loadDataset } from './load.ts';
export { elevenPoints, holdOut, type PointSet } from './points.ts';
export { cachedSource, type DataSource, httpSource } from './source.ts';
export { uniformFrom } from './uniform.ts';
