import type { MathCard } from '../card.ts';

const reference = {
  text: 'Goodfellow, Bengio & Courville 2016, Deep Learning, §6.5',
  url: 'https://www.deeplearningbook.org/contents/mlp.html',
};

export const linear: MathCard = {
  id: 'linear',
  title: 'Linear layer',
  why: 'Every unit weighs all of its inputs: without this sum a network could not combine what it has been given.',
  tex: [
    '\\term{y}{y_{mn}} = \\term{phi}{\\varphi}\\Big(\\term{sum}{\\sum_{k}}\\, \\term{a}{a_{mk}}\\, \\term{b}{b_{kn}} + \\term{bias}{\\mathrm{bias}_n}\\Big)',
  ],
  reference,
  indices: [
    { symbol: 'm', meaning: 'example of the batch' },
    { symbol: 'k', meaning: 'input feature, summed over' },
    { symbol: 'n', meaning: 'output feature' },
  ],
  terms: [
    { id: 'y', label: 'output', symbol: 'y', description: 'What the layer hands on, [M, N].', code: 'y' },
    {
      id: 'phi',
      label: 'activation',
      symbol: 'φ',
      description: 'The nonlinearity in the epilogue of the kernel; the identity where the layer has none.',
      code: 'phi',
    },
    { id: 'sum', label: 'sum', symbol: 'Σ', description: 'The dot product of a row of a and a column of b.', code: 'sum' },
    { id: 'a', label: 'input', symbol: 'a', description: 'The activations that arrive (x of the layer), [M, K].', code: 'a' },
    { id: 'b', label: 'weights', symbol: 'b', description: 'The weights W of the layer, [in, out] = [K, N].', code: 'b' },
    { id: 'bias', label: 'bias', symbol: 'bias', description: 'One number per output feature, [N].', code: 'bias' },
  ],
  typescript: [{ file: 'engine/kernels/matmul.ts', parts: ['matmul.reference'] }],
  wgsl: [{ file: 'shaders/ladders/matmul/1-naive.wgsl', label: 'naive' }],
  ladder: 'shaders/ladders/matmul',
};

export const linearInputGradient: MathCard = {
  id: 'linear-input-gradient',
  title: 'Linear layer: gradient of the input',
  why: 'It hands the blame on to the layer before: without it only the last layer could learn.',
  tex: [
    '\\term{y}{y_{mn}} = \\term{sum}{\\sum_{k}}\\, \\term{a}{a_{mk}}\\, \\term{b}{b_{nk}}',
    'y = \\frac{\\partial L}{\\partial x},\\qquad a = \\frac{\\partial L}{\\partial y},\\qquad b = W \\quad\\text{of the layer}',
  ],
  reference,
  indices: [
    { symbol: 'm', meaning: 'example of the batch' },
    { symbol: 'k', meaning: 'output feature of the layer, summed over' },
    { symbol: 'n', meaning: 'input feature of the layer' },
  ],
  terms: [
    {
      id: 'y',
      label: 'input gradient',
      symbol: 'y',
      description: '∂L/∂x, what flows back to the layer before, [M, N].',
      code: 'y',
    },
    { id: 'sum', label: 'sum', symbol: 'Σ', description: 'Over all outputs that the input reaches.', code: 'sum' },
    { id: 'a', label: 'output gradient', symbol: 'a', description: '∂L/∂y of the layer, [M, K].', code: 'a' },
    {
      id: 'b',
      label: 'weights',
      symbol: 'b',
      description: 'The same weights W, read along their other axis, [N, K].',
      code: 'b',
    },
  ],
  typescript: [{ file: 'engine/kernels/matmul-transposed.ts', parts: ['matmulNT.reference'] }],
  wgsl: [{ file: 'shaders/ladders/matmul-nt/1-naive.wgsl', label: 'naive' }],
  ladder: 'shaders/ladders/matmul-nt',
};

export const linearWeightGradient: MathCard = {
  id: 'linear-weight-gradient',
  title: 'Linear layer: gradient of the weights',
  why: 'It says for each weight how the loss would change with it, which is all that training has to go by.',
  tex: [
    '\\term{y}{y_{mn}} = \\term{sum}{\\sum_{k}}\\, \\term{a}{a_{km}}\\, \\term{b}{b_{kn}}',
    'y = \\frac{\\partial L}{\\partial W},\\qquad a = x,\\qquad b = \\frac{\\partial L}{\\partial y} \\quad\\text{of the layer}',
  ],
  reference,
  indices: [
    { symbol: 'k', meaning: 'example of the batch, summed over' },
    { symbol: 'm', meaning: 'input feature of the layer' },
    { symbol: 'n', meaning: 'output feature of the layer' },
  ],
  terms: [
    {
      id: 'y',
      label: 'weight gradient',
      symbol: 'y',
      description: '∂L/∂W, what the optimiser gets, [in, out] = [M, N].',
      code: 'y',
    },
    { id: 'sum', label: 'sum over the batch', symbol: 'Σ', description: 'Each example adds an outer product.', code: 'sum' },
    {
      id: 'a',
      label: 'input',
      symbol: 'a',
      description: 'The activations x that arrived in the forward pass, [K, M].',
      code: 'a',
    },
    { id: 'b', label: 'output gradient', symbol: 'b', description: '∂L/∂y of the layer, [K, N].', code: 'b' },
  ],
  typescript: [{ file: 'engine/kernels/matmul-transposed.ts', parts: ['matmulTN.reference'] }],
  wgsl: [{ file: 'shaders/ladders/matmul-tn/1-naive.wgsl', label: 'naive' }],
  ladder: 'shaders/ladders/matmul-tn',
};

export const cards = [linear, linearInputGradient, linearWeightGradient];
