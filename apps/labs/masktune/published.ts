/** What the re-implementation printed (vmazashvili/Neural-Networks): accuracy on the raw and on the biased test, one run of each model. */
export const PUBLISHED: Readonly<Record<string, readonly [raw: number, biased: number]>> = {
  ERM: [0.9088, 0.8103],
  'mean 0.1': [0.5141, 0.5144],
  'mean 0.3': [0.517, 0.524],
  'mean 0.5': [0.5258, 0.5318],
  'mean 0.7': [0.5269, 0.5402],
  'mean 0.9': [0.6284, 0.8256],
  'threshold 0.1': [0.5258, 0.53],
  'threshold 0.3': [0.7101, 0.594],
  'threshold 0.5': [0.7902, 0.7288],
  'threshold 0.7': [0.9525, 0.896],
  'threshold 0.9': [0.9562, 0.9041],
  'topK 0.1': [0.9828, 0.9229],
  'topK 0.3': [0.9603, 0.8209],
  'topK 0.5': [0.7855, 0.7536],
  'topK 0.7': [0.634, 0.5889],
  'topK 0.9': [0.516, 0.5144],
};
