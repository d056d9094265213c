import type { MathCard } from '../card.ts';

export const dropout: MathCard = {
  id: 'dropout',
  title: 'Dropout',
  why: 'No unit can rely on another one being there, so none can learn a detail that only makes sense together.',
  tex: [
    '\\term{y}{y_i} = \\term{x}{x_i}\\, \\frac{\\term{mask}{[U_i \\ge \\term{p}{p}]}}{\\term{scale}{1-p}},\\qquad \\term{u}{U_i} \\sim \\mathcal{U}[0, 1)',
  ],
  reference: {
    text: 'Srivastava et al. 2014, Dropout; with inverted scaling',
    url: 'https://jmlr.org/papers/v15/srivastava14a.html',
  },
  indices: [{ symbol: 'i', meaning: 'element' }],
  terms: [
    {
      id: 'y',
      label: 'output',
      symbol: 'y',
      description: 'Some units silenced, the others louder; in evaluation it is x.',
      code: 'y',
    },
    { id: 'x', label: 'input', symbol: 'x', description: 'The hidden units.', code: 'x' },
    {
      id: 'mask',
      label: 'mask',
      symbol: '[U ≥ p]',
      description: '1 with probability 1 − p, else 0. The gradient draws the same mask again.',
      code: { typescript: 'kept', wgsl: 'keep' },
    },
    {
      id: 'p',
      label: 'dropout probability',
      symbol: 'p',
      description: 'Share of the units that are silenced.',
      code: { typescript: 'p', wgsl: /params\.low/ },
    },
    {
      id: 'scale',
      label: 'scale',
      symbol: '1−p',
      description: 'Keeps the mean: evaluation needs no correction.',
      code: { typescript: 'scaleOf', wgsl: /params\.high/ },
    },
    {
      id: 'u',
      label: 'random numbers',
      symbol: 'U',
      description: 'From a counter (PCG4D), so that a training can be repeated bit by bit.',
      code: { typescript: ['words', 'source'], wgsl: 'randomWords' },
    },
  ],
  typescript: [{ file: 'engine/kernels/random.ts', parts: ['words', 'kept', 'scaleOf', 'dropout.reference'] }],
  wgsl: [{ file: 'shaders/random.wgsl', parts: ['randomWords', 'keep', 'dropoutNaive'], label: 'naive' }],
};

export const cards = [dropout];
