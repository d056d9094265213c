/** The attribution methods by name, for schemas and pages: no engine behind it. What they compute is in methods.ts. */

/** The methods, in the order in which they are shown. */
export const METHOD_NAMES = [
  'saliency',
  'gradient × input',
  'SmoothGrad',
  'integrated gradients',
  'guided back-propagation',
  'CAM',
  'Grad-CAM',
  'XGrad-CAM',
  'Grad-CAM++',
  'Score-CAM',
  'occlusion',
] as const;
export type MethodName = (typeof METHOD_NAMES)[number];

/** What a method reads: the pixels (or, by choice, the maps of a layer), the maps of a layer, or the pixels alone. */
const READS: Readonly<Record<MethodName, 'gradients' | 'maps' | 'pixels'>> = {
  saliency: 'gradients',
  'gradient × input': 'gradients',
  SmoothGrad: 'gradients',
  'integrated gradients': 'gradients',
  'guided back-propagation': 'gradients',
  CAM: 'maps',
  'Grad-CAM': 'maps',
  'XGrad-CAM': 'maps',
  'Grad-CAM++': 'maps',
  'Score-CAM': 'maps',
  occlusion: 'pixels',
};

/** Whether a method needs the maps of a layer. */
export const readsMaps = (method: MethodName): boolean => READS[method] === 'maps';
/** Whether a method explains a layer's maps as well as the pixels. */
export const readsGradients = (method: MethodName): boolean => READS[method] === 'gradients';
