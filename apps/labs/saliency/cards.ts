/** The mathematics of the saliency lab, in the order of its methods. */
import { cards as classMaps } from '../../math/cards/class-maps.ts';
import { cards as integratedGradients } from '../../math/cards/integrated-gradients.ts';
import { cards as perturbationMaps } from '../../math/cards/perturbation-maps.ts';
import { cards as saliency } from '../../math/cards/saliency.ts';

const wanted = [
  'cam',
  'grad-cam',
  'xgrad-cam',
  'grad-cam-plus-plus',
  'score-cam',
  'saliency',
  'input-x-gradient',
  'smooth-grad',
  'integrated-gradients',
  'guided-backpropagation',
  'occlusion',
];
const all = [...classMaps, ...integratedGradients, ...perturbationMaps, ...saliency];

export const cards = wanted.flatMap((id) => all.filter((card) => card.id === id));
