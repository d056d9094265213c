import type { MathCard } from '../card.ts';

const reference = {
  text: 'Dumoulin & Visin 2016, A guide to convolution arithmetic; Goodfellow et al. 2016, eq. 9.9–9.13',
  url: 'https://arxiv.org/abs/1603.07285',
};
const indices = [
  { symbol: 'n', meaning: 'image of the batch' },
  { symbol: 'y, x', meaning: 'position in the output' },
  { symbol: 'o', meaning: 'output channel' },
  { symbol: 'c', meaning: 'input channel' },
  { symbol: 'u, v', meaning: 'offset within the kernel' },
  { symbol: 's, p, d', meaning: 'stride, padding and dilation' },
];
const sum = { id: 'sum', label: 'sum', symbol: 'Σ', description: 'Over the kernel window and the channels.', code: 'sum' };

export const conv2d: MathCard = {
  id: 'conv2d',
  title: 'Convolution',
  why: 'The same small pattern is looked for at every position, so it has to be learned only once.',
  tex: [
    '\\term{y}{y_{nyxo}} = \\term{phi}{\\varphi}\\Big(\\term{sum}{\\sum_{u,v,c}}\\, \\term{x}{x_{n,\\,\\term{row}{sy+du-p},\\,sx+dv-p,\\,c}}\\; \\term{w}{w_{uvco}} + \\term{bias}{\\mathrm{bias}_o}\\Big)',
  ],
  reference,
  indices,
  terms: [
    { id: 'y', label: 'output', symbol: 'y', description: 'One map per output channel, [N, Ho, Wo, Co].', code: 'y' },
    {
      id: 'phi',
      label: 'activation',
      symbol: 'φ',
      description: 'ReLU in the epilogue of the kernel, or the identity.',
      code: 'phi',
    },
    sum,
    { id: 'x', label: 'input', symbol: 'x', description: 'Images or maps, [N, H, W, Ci].', code: 'x' },
    {
      id: 'row',
      label: 'input row',
      symbol: 'sy+du−p',
      description: 'The input row that offset u of the kernel meets at output row y; outside the image it adds nothing.',
      code: 'yi',
    },
    { id: 'w', label: 'weights', symbol: 'w', description: 'The kernels, [kh, kw, Ci, Co].', code: 'w' },
    { id: 'bias', label: 'bias', symbol: 'bias', description: 'One number per output channel.', code: 'bias' },
  ],
  typescript: [{ file: 'engine/kernels/conv2d.ts', parts: ['conv2d.reference'] }],
  wgsl: [{ file: 'shaders/ladders/conv2d/1-naive.wgsl', label: 'naive' }],
  ladder: 'shaders/ladders/conv2d',
};

export const conv2dInputGradient: MathCard = {
  id: 'conv2d-input-gradient',
  title: 'Convolution: gradient of the input',
  why: 'It tells every pixel of the layer before which patterns it took part in, and with what effect on the loss.',
  tex: [
    '\\term{gx}{g_{x,nyxc}} = \\term{sum}{\\sum_{u,v,o}}\\, \\term{gy}{g_{y,n,\\,\\term{row}{(y+p-du)/s},\\,(x+p-dv)/s,\\,o}}\\; \\term{w}{w_{uvco}}',
  ],
  reference,
  indices,
  terms: [
    {
      id: 'gx',
      label: 'input gradient',
      symbol: 'g_x',
      description: '∂L/∂x, what flows back to the layer before, [N, H, W, Ci].',
      code: 'gx',
    },
    sum,
    { id: 'gy', label: 'output gradient', symbol: 'g_y', description: '∂L/∂y, [N, Ho, Wo, Co].', code: 'gy' },
    {
      id: 'row',
      label: 'output row',
      symbol: '(y+p−du)/s',
      description:
        'The output row that used this input row with kernel row u; offsets where the division leaves a remainder do not count.',
      code: 'yo',
    },
    { id: 'w', label: 'weights', symbol: 'w', description: 'The same kernels as in the forward pass.', code: 'w' },
  ],
  typescript: [{ file: 'engine/kernels/conv2d-input-gradient.ts', parts: ['conv2dInputGradient.reference'] }],
  wgsl: [{ file: 'shaders/ladders/conv2d-input-gradient/1-naive.wgsl', label: 'naive' }],
  ladder: 'shaders/ladders/conv2d-input-gradient',
};

export const conv2dWeightGradient: MathCard = {
  id: 'conv2d-weight-gradient',
  title: 'Convolution: gradient of the weights',
  why: 'All positions of all images vote on each weight of the pattern: that is why a few weights learn so well.',
  tex: [
    '\\term{gw}{g_{w,uvco}} = \\term{sum}{\\sum_{n,y,x}}\\, \\term{x}{x_{n,\\,\\term{row}{sy+du-p},\\,sx+dv-p,\\,c}}\\; \\term{gy}{g_{y,nyxo}}',
    '\\term{gbias}{g_{\\mathrm{bias},o}} = \\sum_{n,y,x} g_{y,nyxo}',
  ],
  reference,
  indices,
  terms: [
    {
      id: 'gw',
      label: 'weight gradient',
      symbol: 'g_w',
      description: '∂L/∂w, what the optimiser gets, [kh, kw, Ci, Co].',
      code: 'gw',
    },
    {
      id: 'sum',
      label: 'sum',
      symbol: 'Σ',
      description: 'Over all images and positions: each weight is used everywhere.',
      code: 'sum',
    },
    { id: 'x', label: 'input', symbol: 'x', description: 'The input of the forward pass, [N, H, W, Ci].', code: 'x' },
    {
      id: 'row',
      label: 'input row',
      symbol: 'sy+du−p',
      description: 'The input row that kernel row u met at output row y.',
      code: 'yi',
    },
    { id: 'gy', label: 'output gradient', symbol: 'g_y', description: '∂L/∂y, [N, Ho, Wo, Co].', code: 'gy' },
    {
      id: 'gbias',
      label: 'bias gradient',
      symbol: 'g_bias',
      description: '∂L/∂bias: the sum of g_y over images and positions, [Co].',
      code: 'gbias',
    },
  ],
  typescript: [{ file: 'engine/kernels/conv2d-weight-gradient.ts', parts: ['conv2dWeightGradient.reference'] }],
  wgsl: [{ file: 'shaders/ladders/conv2d-weight-gradient/1-naive.wgsl', label: 'naive' }],
  ladder: 'shaders/ladders/conv2d-weight-gradient',
};

export const cards = [conv2d, conv2dInputGradient, conv2dWeightGradient];
