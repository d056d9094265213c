import type { MathCard } from '../card.ts';

const indices = [{ symbol: 'i', meaning: 'element' }];
const y = { id: 'y', label: 'output', symbol: 'y', description: 'The activation, of the shape of x.', code: 'y' };
const x = { id: 'x', label: 'input', symbol: 'x', description: 'The pre-activation.', code: 'x' };
const gx = { id: 'gx', label: 'input gradient', symbol: 'g_x', description: '∂L/∂x, what flows back.', code: 'gx' };
const gy = {
  id: 'gy',
  label: 'output gradient',
  symbol: 'g_y',
  description: '∂L/∂y, what arrives from the layer above.',
  code: { typescript: 'gy', wgsl: ['gy', 'g'] },
};
const saved = {
  id: 'saved',
  label: 'saved output',
  symbol: 'y',
  description: 'The output of the forward pass: it gives the slope without the input.',
  code: { typescript: 'saved', wgsl: ['saved', 's'] },
};

export const tanh: MathCard = {
  id: 'tanh',
  title: 'tanh',
  tex: ['\\term{y}{y_i} = \\term{h}{\\tanh}\\, \\term{x}{x_i}'],
  reference: { text: 'LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, §4.4' },
  indices,
  terms: [
    y,
    {
      id: 'h',
      label: 'tanh',
      symbol: 'h',
      description:
        'From −1 to 1. The kernel has its own: a polynomial near 0, where 1 − 2/(e²ˣ + 1) would cancel, and the same bound of error on every driver.',
      code: { typescript: /f: tanh/, wgsl: 'hyperbolicTangent' },
    },
    x,
  ],
  typescript: [{ file: 'engine/kernels/unary.ts', parts: ['TABLE.tanh', 'unaryKernel.reference'] }],
  wgsl: [{ file: 'shaders/unary.wgsl', parts: ['hyperbolicTangent', { name: 'f', lines: /TANH/ }, 'naive'] }],
};

export const tanhGradient: MathCard = {
  id: 'tanh-gradient',
  title: 'tanh: gradient',
  tex: [
    '\\term{gx}{g_{x,i}} = \\term{gy}{g_{y,i}}\\, \\term{slope}{\\big(1 - y_i^2\\big)},\\qquad \\term{saved}{y_i} = \\tanh x_i',
  ],
  reference: { text: 'LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, §4.4' },
  indices,
  terms: [
    gx,
    gy,
    {
      id: 'slope',
      label: 'slope',
      symbol: 'h′',
      description: 'The derivative, from the output alone: flat where |y| is near 1, so saturated units learn slowly.',
      code: { typescript: [/\(1 - y\) \* \(1 \+ y\)/, 'slope'], wgsl: /\(1\.0 - s\) \* \(1\.0 \+ s\)/ },
    },
    saved,
  ],
  typescript: [{ file: 'engine/kernels/unary.ts', parts: ['TABLE.tanh', 'unaryGradientKernel.reference'] }],
  wgsl: [{ file: 'shaders/unary-gradient.wgsl', parts: [{ name: 'gradient', lines: /TANH/ }, 'naive'] }],
};

export const relu: MathCard = {
  id: 'relu',
  title: 'ReLU',
  tex: ['\\term{y}{y_i} = \\term{h}{\\max}(\\term{x}{x_i},\\, 0)'],
  reference: { text: 'Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines' },
  indices,
  terms: [
    y,
    {
      id: 'h',
      label: 'rectifier',
      symbol: 'h',
      description: 'Hands on what is positive. The kernel selects instead of taking a maximum, so that NaN stays NaN.',
      code: { typescript: /Math\.max/, wgsl: 'select' },
    },
    x,
  ],
  typescript: [{ file: 'engine/kernels/unary.ts', parts: ['TABLE.relu', 'unaryKernel.reference'] }],
  wgsl: [{ file: 'shaders/unary.wgsl', parts: [{ name: 'f', lines: /case RELU/ }, 'naive'] }],
};

export const reluGradient: MathCard = {
  id: 'relu-gradient',
  title: 'ReLU: gradient',
  tex: ['\\term{gx}{g_{x,i}} = \\term{gy}{g_{y,i}}\\, \\term{slope}{[y_i > 0]},\\qquad \\term{saved}{y_i} = \\max(x_i, 0)'],
  reference: { text: 'Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines' },
  indices,
  terms: [
    gx,
    gy,
    {
      id: 'slope',
      label: 'slope',
      symbol: 'h′',
      description: '1 where the unit was active, else 0; at 0 it is 0, as in PyTorch.',
      code: { typescript: [/y <= 0 \? 0 : 1/, 'slope'], wgsl: /s <= 0\.0/ },
    },
    saved,
  ],
  typescript: [{ file: 'engine/kernels/unary.ts', parts: ['TABLE.relu', 'unaryGradientKernel.reference'] }],
  wgsl: [{ file: 'shaders/unary-gradient.wgsl', parts: [{ name: 'gradient', lines: /case RELU/ }, 'naive'] }],
};

export const cards = [tanh, tanhGradient, relu, reluGradient];
