import type { MathCard } from '../card.ts';

const indices = [
  { symbol: 'm', meaning: 'example of the batch (a row)' },
  { symbol: 'k', meaning: 'input feature: what is summed over' },
  { symbol: 'n', meaning: 'output feature (a column)' },
];

export const linearForward: MathCard = {
  id: 'linear',
  title: 'Linear layer',
  tex: [
    '\\term{y}{y_{mn}} = \\term{activate}{\\varphi}\\Big(\\term{sum}{\\sum_{k}}\\, \\term{a}{a_{mk}}\\, \\term{b}{b_{kn}} + \\term{bias}{\\mathrm{bias}_n}\\Big)',
  ],
  reference: {
    text: 'Goodfellow, Bengio & Courville 2016, Deep Learning, eq. 6.36',
    url: 'https://www.deeplearningbook.org/contents/mlp.html',
  },
  indices,
  terms: [
    { id: 'y', label: 'output', symbol: 'y', description: 'What the layer hands on, [M, N].', code: 'y' },
    {
      id: 'activate',
      label: 'activation',
      symbol: 'φ',
      description: 'The nonlinearity in the tail of the kernel; the identity where the layer has none.',
      code: 'activate',
    },
    {
      id: 'sum',
      label: 'sum over the inputs',
      symbol: 'Σ',
      description: 'The dot product of one row of a and one column of b.',
      code: 'sum',
    },
    { id: 'a', label: 'input', symbol: 'a', description: 'The activations that arrive, x of the layer, [M, K].', code: 'a' },
    { id: 'b', label: 'weights', symbol: 'b', description: 'The weights W of the layer, [in, out] = [K, N].', code: 'b' },
    { id: 'bias', label: 'bias', symbol: 'bias', description: 'One number per output feature, [N].', code: 'bias' },
  ],
  typescript: [{ file: 'engine/kernels/matmul.ts', parts: ['matmul.reference'] }],
  wgsl: [
    { file: 'shaders/ladders/matmul/1-naive.wgsl', label: 'naive' },
    { file: 'shaders/ladders/matmul/3-register-tile-4x1.wgsl', label: 'register-tile-4x1' },
  ],
};

export const cards = [linearForward];
