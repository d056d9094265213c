import type { MathCard } from '../card.ts';

export const conv2dJoined: MathCard = {
  id: 'conv2d-joined',
  title: 'Convolution of concatenated maps',
  why: 'Here the two ways meet: fine details that took the skip connection, and the overview from below.',
  tex: [
    '\\term{y}{y_{nyxo}} = \\term{phi}{\\varphi}\\Big(\\term{sum}{\\sum_{u,v}}\\Big(\\sum_{c<C_1} \\term{x1}{x_{1,\\,n,\\,sy+du-p,\\,sx+dv-p,\\,c}}\\; \\term{w}{w_{uvco}} + \\sum_{c<C_2} \\term{x2}{x_{2,\\,n,\\,sy+du-p,\\,sx+dv-p,\\,c}}\\; w_{u,v,\\,C_1+c,\\,o}\\Big) + \\term{bias}{\\mathrm{bias}_o}\\Big)',
  ],
  reference: { text: 'Ronneberger, Fischer & Brox 2015 (U-Net: the skip connections)', url: 'https://arxiv.org/abs/1505.04597' },
  indices: [
    { symbol: 'n', meaning: 'image of the batch' },
    { symbol: 'y, x', meaning: 'position in the output' },
    { symbol: 'o', meaning: 'output channel' },
    { symbol: 'c', meaning: 'channel of an input' },
    { symbol: 'u, v', meaning: 'offset within the kernel' },
    { symbol: 's, p, d', meaning: 'stride, padding and dilation' },
  ],
  terms: [
    { id: 'y', label: 'output', symbol: 'y', description: 'One map per output channel, [N, Ho, Wo, Co].', code: 'y' },
    {
      id: 'phi',
      label: 'activation',
      symbol: 'φ',
      description: 'ReLU in the epilogue of the kernel, or the identity.',
      code: 'phi',
    },
    {
      id: 'sum',
      label: 'sum',
      symbol: 'Σ',
      description: 'Over the kernel window and the channels of both inputs, so the tensor that would hold both is never made.',
      code: 'sum',
    },
    {
      id: 'x1',
      label: 'first input',
      symbol: 'x₁',
      description: 'The encoder’s maps, by the skip connection. They meet the first C₁ channels of w.',
      code: 'x1',
    },
    {
      id: 'x2',
      label: 'second input',
      symbol: 'x₂',
      description: 'The enlarged maps from below. They meet the other C₂ channels of w.',
      code: 'x2',
    },
    { id: 'w', label: 'weights', symbol: 'w', description: 'The kernels, [kh, kw, C₁ + C₂, Co].', code: 'w' },
    { id: 'bias', label: 'bias', symbol: 'bias', description: 'One number per output channel.', code: 'bias' },
  ],
  typescript: [{ file: 'engine/kernels/conv2d-joined.ts', parts: ['conv2dJoined.reference'] }],
  wgsl: [{ file: 'shaders/ladders/conv2d-joined/1-naive.wgsl', parts: ['forward'], label: 'naive' }],
};

export const cards = [conv2dJoined];
