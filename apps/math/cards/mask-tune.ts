import type { MathCard } from '../card.ts';

const L = (code: string) => ({
  id: 'L',
  label: 'saliency map',
  symbol: 'L̃',
  description: 'XGrad-CAM of the image, scaled to [0, 1]: 8 × 8 cells.',
  code,
});

export const saliencyMasks: MathCard = {
  id: 'saliency-masks',
  title: 'Masks from saliency',
  why: 'They decide what is hidden: too little leaves the shortcut, too much takes the digit away as well.',
  tex: [
    '\\text{top: } \\term{M}{M} = \\big[\\term{L}{\\tilde L} > \\term{percentile}{P}_{100(1-\\term{k}{k})}(\\tilde L)\\big],\\qquad \\text{threshold: } M = \\big[\\tilde L > \\term{tau}{\\tau}\\big],\\qquad \\text{mean: } M = \\big[\\tilde L > k\\,\\term{mean}{\\mathrm{mean}}(\\tilde L)\\big]',
    '\\text{paper: } M = \\big[L > \\term{mu}{\\mu_+} + 2\\,\\term{sigma}{\\sigma_+}\\big],\\qquad \\term{x}{\\hat x} = x \\odot \\term{kept}{(1 - \\bar M)}',
  ],
  reference: { text: 'Taghanaki et al. 2022, section 3, and its re-implementation', url: 'https://arxiv.org/abs/2210.00055' },
  indices: [{ symbol: '+', meaning: 'only the positive values of the map' }],
  terms: [
    {
      id: 'M',
      label: 'mask',
      symbol: 'M',
      description: '1 where the image is hidden; resized bilinearly to the image, where it is soft at its rim unless made hard.',
      code: ['mask', 'gridMask', 'hidden'],
    },
    L('maps'),
    {
      id: 'percentile',
      label: 'percentile',
      symbol: 'P',
      description: 'The value that the share 1 − k of the cells does not exceed, interpolated as NumPy does.',
      code: 'percentile',
    },
    {
      id: 'k',
      label: 'strength',
      symbol: 'k',
      description: 'Share of the cells to hide, or factor of the mean.',
      code: 'rule.k',
    },
    { id: 'tau', label: 'threshold', symbol: 'τ', description: 'A fixed level of the scaled map.', code: 'rule.threshold' },
    { id: 'mean', label: 'mean of the map', symbol: 'mean', description: 'Over all its cells.', code: 'mean' },
    {
      id: 'mu',
      label: 'positive mean',
      symbol: 'μ',
      description: 'Mean of the positive values, on the resized map.',
      code: 'mu',
    },
    {
      id: 'sigma',
      label: 'positive deviation',
      symbol: 'σ',
      description: 'Their population standard deviation.',
      code: ['variance', 'sqrt'],
    },
    { id: 'x', label: 'image', symbol: 'x̂', description: '[N, H, W, C]; what is left of it.', code: 'x' },
    {
      id: 'kept',
      label: 'what is kept',
      symbol: '1 − M̄',
      description: 'The same on all channels; hidden places are black.',
      code: 'kept',
    },
  ],
  typescript: [{ file: 'engine/repair/masks.ts', parts: ['paperThreshold', 'gridMask', 'saliencyMask', 'hide'] }],
};

export const xGradCamAxioms: MathCard = {
  id: 'xgrad-cam-axioms',
  title: 'The axioms behind XGrad-CAM',
  why: 'They say what a fair map must do: lose with a channel what the score loses, and add up to the score.',
  tex: [
    '\\text{sensitivity: } \\term{removed}{S_c(A) - S_c(A \\setminus A_k)} = \\term{contributions}{\\sum_{ij} w_k\\, A_k(i,j)} \\text{ for each } k,\\qquad \\text{conservation: } \\term{score}{S_c(A)} = \\sum_k \\sum_{ij} w_k\\, A_k(i,j)',
    '\\term{sensitivity}{e_s} = \\frac{\\sum_k |\\text{left} - \\text{right}|}{\\sum_k |\\text{left}|},\\qquad \\term{conservation}{e_c} = \\frac{|\\text{left} - \\text{right}|}{|\\text{left}|}',
  ],
  reference: { text: 'Fu et al. 2020, section 3', url: 'https://arxiv.org/abs/2008.02312' },
  indices: [
    { symbol: 'k', meaning: 'map of the layer' },
    { symbol: 'i, j', meaning: 'position in it' },
    { symbol: 'c', meaning: 'class' },
  ],
  terms: [
    {
      id: 'removed',
      label: 'loss of the score',
      symbol: 'S − S∖k',
      description: 'What the score of the class loses where map k is set to zero; the layers behind run once for each map.',
      code: ['removed', 'scoresWithoutMaps', 'without'],
    },
    {
      id: 'contributions',
      label: 'contributions',
      symbol: 'ΣwA',
      description:
        'What the class activation map says that map k adds. Both axioms cannot hold exactly unless the layers behind are linear.',
      code: ['contributions', 'camContributions', 'weights'],
    },
    { id: 'score', label: 'score', symbol: 'S', description: 'Of the class, before the softmax.', code: ['score', 'scores'] },
    {
      id: 'sensitivity',
      label: 'error of sensitivity',
      symbol: 'e_s',
      description: '0 where every map contributes what the score would lose without it.',
      code: 'sensitivity',
    },
    {
      id: 'conservation',
      label: 'error of conservation',
      symbol: 'e_c',
      description: '0 where the contributions add up to the score; biases behind the layer are what is missing.',
      code: 'conservation',
    },
  ],
  typescript: [{ file: 'engine/explain/cam-axioms.ts', parts: ['camContributions', 'scoresWithoutMaps', 'camAxioms'] }],
};

export const cards = [saliencyMasks, xGradCamAxioms];
