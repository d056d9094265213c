/** Cards of maps that come from what happens when the picture changes, and of Grad-CAM's successor. */
import type { MathCard } from '../card.ts';

const A = {
  id: 'A',
  label: 'activations',
  symbol: 'A',
  description: 'The maps of the chosen layer, [N, H, W, C].',
  code: 'activation',
};

export const gradCamPlusPlus: MathCard = {
  id: 'grad-cam-plus-plus',
  title: 'Grad-CAM++',
  why: 'It looks for every place that speaks for the class, where Grad-CAM’s mean is won by the largest one.',
  tex: [
    'L = \\mathrm{ReLU}\\Big(\\sum_k \\term{w}{w_k} A_k\\Big),\\qquad \\term{w}{w_k} = \\sum_{ij} \\term{alpha}{\\alpha_{ijk}}\\, \\term{positive}{\\mathrm{ReLU}}(\\term{G}{G_{ijk}}),\\qquad \\term{alpha}{\\alpha_{ijk}} = \\frac{G_{ijk}^2}{2 G_{ijk}^2 + G_{ijk}^3 \\term{total}{\\sum_{ab}} \\term{A}{A_{abk}}}',
  ],
  reference: { text: 'Chattopadhay et al. 2018, eq. 5, 6 and 19', url: 'https://arxiv.org/abs/1710.11063' },
  indices: [
    { symbol: 'k', meaning: 'channel of the layer' },
    { symbol: 'i, j; a, b', meaning: 'positions in its maps' },
  ],
  terms: [
    { id: 'w', label: 'weights', symbol: 'w', description: 'One for each channel.', code: 'weights' },
    {
      id: 'alpha',
      label: 'weight of a position',
      symbol: 'α',
      description:
        'Small parts of an object count as much as large ones: where a map is strong in sum, each of its positions counts less.',
      code: 'alpha',
    },
    {
      id: 'positive',
      label: 'positive gradients',
      symbol: 'ReLU',
      description: 'Positions that speak for the class.',
      code: 'relu',
    },
    {
      id: 'G',
      label: 'gradients',
      symbol: 'G',
      description: '∂S_c/∂A: how the class score answers to each place of each map.',
      code: 'gradient',
    },
    { id: 'total', label: 'sum of the map', symbol: 'Σ', description: 'Over all its positions.', code: 'total' },
    A,
  ],
  typescript: [{ file: 'engine/explain/cam.ts', parts: ['gradCamPlusPlusFrom'] }],
};

export const scoreCamCard: MathCard = {
  id: 'score-cam',
  title: 'Score-CAM',
  why: 'It needs no gradient: each map is held over the picture, and what the score does then is its weight.',
  tex: [
    'L = \\mathrm{ReLU}\\Big(\\sum_k \\term{w}{w_k} \\term{A}{A_k}\\Big),\\qquad \\term{w}{w} = \\term{softmax}{\\mathrm{softmax}_k}\\big(S_c(\\term{x}{x} \\odot \\term{mask}{H_k})\\big),\\qquad \\term{mask}{H_k} = \\term{scale}{s}\\big(\\term{large}{\\mathrm{up}}(A_k)\\big)',
  ],
  reference: { text: 'Wang et al. 2020, eq. 3 to 7', url: 'https://arxiv.org/abs/1910.01279' },
  indices: [
    { symbol: 'k', meaning: 'channel of the layer' },
    { symbol: 'c', meaning: 'class' },
  ],
  terms: [
    {
      id: 'w',
      label: 'weights',
      symbol: 'w',
      description: 'How much score is left where a channel alone decides what is seen. No gradient takes part.',
      code: 'weights',
    },
    A,
    {
      id: 'softmax',
      label: 'softmax',
      symbol: 'softmax',
      description: 'Over the channels: where scores differ by much, one channel has all the weight.',
      code: 'softmax',
    },
    { id: 'x', label: 'picture', symbol: 'x', description: 'What the mask covers becomes the baseline.', code: 'x' },
    {
      id: 'mask',
      label: 'mask',
      symbol: 'H',
      description: 'The channel as a transparency, one pass through the network each.',
      code: 'mask',
    },
    { id: 'scale', label: 'scaling', symbol: 's', description: 'To [0, 1], each map by itself.', code: ['low', 'range'] },
    {
      id: 'large',
      label: 'enlarged map',
      symbol: 'up',
      description: 'Bilinear, to the size of the picture.',
      code: ['large', 'resize2d'],
    },
  ],
  typescript: [{ file: 'engine/explain/score-cam.ts', parts: ['scoreCam'] }],
};

export const occlusionCard: MathCard = {
  id: 'occlusion',
  title: 'Occlusion',
  why: 'It asks directly: cover a part, and see what the score loses.',
  tex: [
    'M_p = \\frac{1}{\\term{covered}{|\\{W : p \\in W\\}|}} \\sum_{\\term{window}{W} \\ni p} \\term{change}{\\big(S_c(\\term{x}{x}) - S_c(x \\text{ with } W = \\term{fill}{f})\\big)}',
  ],
  reference: { text: 'Zeiler & Fergus 2014, §4.2', url: 'https://arxiv.org/abs/1311.2901' },
  indices: [
    { symbol: 'p', meaning: 'pixel' },
    { symbol: 'c', meaning: 'class' },
  ],
  terms: [
    { id: 'covered', label: 'windows over a pixel', symbol: '|W|', description: 'Their changes are averaged.', code: 'covered' },
    {
      id: 'window',
      label: 'window',
      symbol: 'W',
      description: 'A square that moves over the picture by half its side.',
      code: 'window',
    },
    {
      id: 'change',
      label: 'change of the score',
      symbol: 'ΔS',
      description: 'Positive where the class loses by the occlusion: measured, not approximated.',
      code: 'change',
    },
    { id: 'x', label: 'picture', symbol: 'x', description: 'With one window after the other filled.', code: 'x' },
    { id: 'fill', label: 'fill', symbol: 'f', description: 'It is a choice: black is a colour too.', code: 'fill' },
  ],
  typescript: [{ file: 'engine/explain/perturbation.ts', parts: ['occlusion'] }],
};

export const cards = [gradCamPlusPlus, scoreCamCard, occlusionCard];
