import type { MathCard } from '../card.ts';

const indices = [
  { symbol: 'k', meaning: 'channel of the layer' },
  { symbol: 'i, j', meaning: 'position in its maps' },
  { symbol: 'c', meaning: 'class' },
];
const A = {
  id: 'A',
  label: 'activations',
  symbol: 'A',
  description: 'The maps of the chosen layer, [N, H, W, C].',
  code: 'activation',
};
const G = {
  id: 'G',
  label: 'gradients',
  symbol: 'G',
  description: '∂S_c/∂A: how the class score answers to each place of each map.',
  code: 'gradient',
};
const relu = {
  id: 'relu',
  label: 'ReLU',
  symbol: 'ReLU',
  description: 'Only what speaks for the class; the rest is cut.',
  code: 'relu',
};

export const cam: MathCard = {
  id: 'cam',
  title: 'Class activation map',
  why: 'With such a head the map is no guess: its mean is the score of the class, exactly.',
  tex: [
    '\\mathrm{CAM}_c(i,j) = \\term{product}{\\sum_k} \\term{w}{w_{kc}}\\, \\term{A}{A_{ijk}},\\qquad S_c = \\tfrac{1}{HW} \\sum_{ij} \\mathrm{CAM}_c(i,j)',
  ],
  reference: { text: 'Zhou et al. 2016, eq. 2', url: 'https://arxiv.org/abs/1512.04150' },
  indices,
  terms: [
    {
      id: 'product',
      label: 'sum over channels',
      symbol: 'Σ',
      description: 'A matrix product: every position with the class’s row of weights.',
      code: ['matmul', 'sum'],
    },
    {
      id: 'w',
      label: 'class weights',
      symbol: 'w',
      description: 'Of the linear layer behind the global average; where the maps are the classes themselves, a one-hot row.',
      code: ['rows', 'selection'],
    },
    A,
  ],
  typescript: [{ file: 'engine/explain/cam.ts', parts: ['cam'] }],
};

export const gradCam: MathCard = {
  id: 'grad-cam',
  title: 'Grad-CAM',
  why: 'It extends class maps to any network: gradients stand in for the weights that the head does not have.',
  tex: [
    'L = \\term{relu}{\\mathrm{ReLU}}\\Big(\\term{sum}{\\sum_k} \\term{mean}{\\Big(\\tfrac{1}{HW} \\sum_{ij}} \\term{G}{\\frac{\\partial S_c}{\\partial A_{ijk}}} \\term{mean}{\\Big)}\\, \\term{A}{A_k}\\Big)',
  ],
  reference: { text: 'Selvaraju et al. 2017, eq. 1 and 2', url: 'https://arxiv.org/abs/1610.02391' },
  indices,
  terms: [
    relu,
    { id: 'sum', label: 'weighted sum', symbol: 'Σ', description: 'Over the channels.', code: ['weighted', 'sum'] },
    {
      id: 'mean',
      label: 'mean gradient',
      symbol: 'mean',
      description: 'One weight per channel, the same at all its positions.',
      code: 'mean',
    },
    G,
    A,
  ],
  typescript: [{ file: 'engine/explain/cam.ts', parts: ['weighted', 'gradCamFrom'] }],
};

export const xGradCam: MathCard = {
  id: 'xgrad-cam',
  title: 'XGrad-CAM',
  why: 'It weighs each map by what it really contributes to the score; the masks and maps here stand on that.',
  tex: [
    '\\term{w}{w_k} = \\frac{\\term{evidence}{\\sum_{ij} G_{ijk}\\, A_{ijk}}}{\\sum_{ij} \\term{A}{A_{ijk}} + \\term{epsilon}{\\epsilon}},\\qquad L = \\term{relu}{\\mathrm{ReLU}}\\Big(\\sum_k w_k A_k\\Big),\\qquad \\term{G}{G} = \\frac{\\partial S_c}{\\partial A}',
  ],
  reference: { text: 'Fu et al. 2020, eq. 8', url: 'https://arxiv.org/abs/2008.02312' },
  indices,
  terms: [
    {
      id: 'w',
      label: 'weights',
      symbol: 'w',
      description: 'The mean gradient of a channel, weighted by where the channel is active.',
      code: ['weights'],
    },
    {
      id: 'evidence',
      label: 'evidence',
      symbol: 'ΣGA',
      description: 'What the channel contributes to the score, to first order; so the maps sum to the score (conservation).',
      code: 'evidence',
    },
    A,
    { id: 'epsilon', label: 'epsilon', symbol: 'ε', description: 'For channels that are silent everywhere.', code: 'epsilon' },
    relu,
    G,
  ],
  typescript: [{ file: 'engine/explain/cam.ts', parts: ['weighted', 'xGradCamFrom'] }],
};

export const cards = [cam, gradCam, xGradCam];
