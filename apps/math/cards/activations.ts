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
  why: 'Without a bend between two layers they would be one straight line; this one is smooth and stays between −1 and 1.',
  tex: ['\\term{y}{y_i} = \\term{phi}{\\tanh}\\, \\term{x}{x_i}'],
  reference: { text: 'LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, §4.4' },
  indices,
  terms: [
    y,
    {
      id: 'phi',
      label: 'tanh',
      symbol: 'φ',
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
  why: 'Where the curve is flat this factor is nearly zero, and a unit there hardly learns.',
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
      symbol: 'φ′',
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
  why: 'The cheapest bend there is: what is below zero is cut, so the network becomes a curve of straight pieces.',
  tex: ['\\term{y}{y_i} = \\term{phi}{\\max}(\\term{x}{x_i},\\, 0)'],
  reference: { text: 'Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines' },
  indices,
  terms: [
    y,
    {
      id: 'phi',
      label: 'rectifier',
      symbol: 'φ',
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
  why: 'A unit that is switched off passes no gradient at all, so it learns nothing from that input.',
  tex: ['\\term{gx}{g_{x,i}} = \\term{gy}{g_{y,i}}\\, \\term{slope}{[y_i > 0]},\\qquad \\term{saved}{y_i} = \\max(x_i, 0)'],
  reference: { text: 'Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines' },
  indices,
  terms: [
    gx,
    gy,
    {
      id: 'slope',
      label: 'slope',
      symbol: 'φ′',
      description: '1 where the unit was active, else 0; at 0 it is 0, as in PyTorch.',
      code: { typescript: [/y <= 0 \? 0 : 1/, 'slope'], wgsl: /s <= 0\.0/ },
    },
    saved,
  ],
  typescript: [{ file: 'engine/kernels/unary.ts', parts: ['TABLE.relu', 'unaryGradientKernel.reference'] }],
  wgsl: [{ file: 'shaders/unary-gradient.wgsl', parts: [{ name: 'gradient', lines: /case RELU/ }, 'naive'] }],
};

export const sigmoid: MathCard = {
  id: 'sigmoid',
  title: 'Sigmoid',
  why: 'A smooth step from 0 to 1: a hidden unit is off, on, or in between.',
  tex: ['\\term{y}{y_i} = \\term{phi}{\\varphi}(\\term{x}{x_i}) = \\frac{1}{1 + e^{-x_i}}'],
  reference: { text: 'LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, §4.4' },
  indices,
  terms: [
    y,
    {
      id: 'phi',
      label: 'sigmoid',
      symbol: 'φ',
      description: 'From 0 to 1: tanh, squeezed and shifted. Its mean output is ½, which slows learning down.',
      code: { typescript: /f: sigmoid/, wgsl: 'sigmoid' },
    },
    x,
  ],
  typescript: [{ file: 'engine/kernels/unary.ts', parts: ['TABLE.sigmoid', 'unaryKernel.reference'] }],
  wgsl: [{ file: 'shaders/unary.wgsl', parts: ['sigmoid', { name: 'f', lines: /SIGMOID/ }, 'naive'] }],
};

export const sigmoidGradient: MathCard = {
  id: 'sigmoid-gradient',
  title: 'Sigmoid: gradient',
  why: 'The slope is a quarter at most, so every such layer weakens the gradient that goes through it.',
  tex: ['\\term{gx}{g_{x,i}} = \\term{gy}{g_{y,i}}\\, \\term{slope}{y_i (1 - y_i)},\\qquad \\term{saved}{y_i} = \\varphi(x_i)'],
  reference: { text: 'LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, §4.4' },
  indices,
  terms: [
    gx,
    gy,
    {
      id: 'slope',
      label: 'slope',
      symbol: 'φ′',
      description: 'At most ¼: each such layer shrinks the gradient at least fourfold.',
      code: { typescript: [/y \* \(1 - y\)/, 'slope'], wgsl: /s \* \(1\.0 - s\)/ },
    },
    saved,
  ],
  typescript: [{ file: 'engine/kernels/unary.ts', parts: ['TABLE.sigmoid', 'unaryGradientKernel.reference'] }],
  wgsl: [{ file: 'shaders/unary-gradient.wgsl', parts: [{ name: 'gradient', lines: /SIGMOID/ }, 'naive'] }],
};

export const sine: MathCard = {
  id: 'sin',
  title: 'Sine',
  why: 'A unit that bends over and over again: a few of them can swing through any points.',
  tex: ['\\term{y}{y_i} = \\term{phi}{\\sin}\\, \\term{x}{x_i}'],
  reference: { text: 'Sitzmann et al. 2020, SIREN, eq. 3', url: 'https://arxiv.org/abs/2006.09661' },
  indices,
  terms: [
    y,
    {
      id: 'phi',
      label: 'sine',
      symbol: 'φ',
      description: 'Never saturates, and bends as often as its weights are large.',
      code: { typescript: /f: sin/, wgsl: 'sinCos' },
    },
    x,
  ],
  typescript: [{ file: 'engine/kernels/unary.ts', parts: ['TABLE.sin', 'unaryKernel.reference'] }],
  wgsl: [{ file: 'shaders/unary.wgsl', parts: [{ name: 'f', lines: /case SIN/ }, 'naive'] }],
};

export const sineGradient: MathCard = {
  id: 'sin-gradient',
  title: 'Sine: gradient',
  why: 'It changes its sign with every half wave, so the way downhill depends on where a unit stands.',
  tex: ['\\term{gx}{g_{x,i}} = \\term{gy}{g_{y,i}}\\, \\term{slope}{\\cos} \\,\\term{saved}{x_i}'],
  reference: { text: 'Sitzmann et al. 2020, SIREN, eq. 3', url: 'https://arxiv.org/abs/2006.09661' },
  indices,
  terms: [
    gx,
    gy,
    {
      id: 'slope',
      label: 'slope',
      symbol: 'φ′',
      description: 'The cosine of the input, which therefore is kept: the output does not tell it.',
      code: { typescript: [/derivative: cos/, 'slope'], wgsl: /sinCos\(s\)\.y/ },
    },
    { ...saved, label: 'saved input', symbol: 'x', description: 'The input of the forward pass.' },
  ],
  typescript: [{ file: 'engine/kernels/unary.ts', parts: ['TABLE.sin', 'unaryGradientKernel.reference'] }],
  wgsl: [{ file: 'shaders/unary-gradient.wgsl', parts: [{ name: 'gradient', lines: /case SIN/ }, 'naive'] }],
};

export const cards = [tanh, tanhGradient, relu, reluGradient, sigmoid, sigmoidGradient, sine, sineGradient];
