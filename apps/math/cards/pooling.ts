import type { MathCard } from '../card.ts';

const indices = [
  { symbol: 'n', meaning: 'image of the batch' },
  { symbol: 'p, q', meaning: 'position in the output' },
  { symbol: 'u, v', meaning: 'offset within the window' },
  { symbol: 'c', meaning: 'channel' },
  { symbol: 's_y, s_x', meaning: 'stride' },
  { symbol: 'p_y, p_x', meaning: 'padding' },
];
const reference = { text: 'Goodfellow, Bengio & Courville 2016, Deep Learning, §9.3' };

export const maxPool: MathCard = {
  id: 'max-pool',
  title: 'Max pooling',
  why: 'It keeps the strongest answer of each window: where exactly a pattern stood matters less afterwards.',
  tex: [
    '\\term{y}{y_{npqc}} = \\term{max}{\\max_{u,v}}\\, \\term{x}{x_{n,\\,p s_y + u - p_y,\\,q s_x + v - p_x,\\,c}}',
    '\\term{winner}{(\\hat u, \\hat v)_{npqc}} = \\arg\\max_{u,v}(\\cdot)',
  ],
  reference,
  indices,
  terms: [
    { id: 'y', label: 'output', symbol: 'y', description: 'The largest value of each window.', code: 'y' },
    {
      id: 'max',
      label: 'maximum',
      symbol: 'max',
      description: 'A later value replaces the best one only when it is greater, so the first of equal ones wins.',
      code: { typescript: /value > \(y\[output\] as number\)/, wgsl: /value > best/ },
    },
    { id: 'x', label: 'input', symbol: 'x', description: 'The maps to be shrunk, NHWC.', code: 'x' },
    {
      id: 'winner',
      label: 'argmax index',
      symbol: '(û, v̂)',
      description: 'The place of the largest value in the window, as one number; the gradient goes there.',
      code: ['winner', 'winners'],
    },
  ],
  typescript: [{ file: 'engine/kernels/pooling.ts', parts: ['maxPool.reference'] }],
  wgsl: [{ file: 'shaders/max-pool.wgsl', parts: ['naive'], label: 'naive' }],
};

export const maxPoolGradient: MathCard = {
  id: 'max-pool-gradient',
  title: 'Max pooling: gradient',
  why: 'Only the pixel that won its window is credited, so all others learn nothing from it.',
  tex: [
    '\\term{gx}{g_{x,nyxc}} = \\sum_{p,q}\\, \\term{gy}{g_{y,npqc}}\\; \\big[\\term{winner}{(\\hat u, \\hat v)_{npqc}} = (y - p s_y + p_y,\\; x - q s_x + p_x)\\big]',
  ],
  reference,
  indices,
  terms: [
    { id: 'gx', label: 'input gradient', symbol: 'g_x', description: 'Zero everywhere but at the largest values.', code: 'gx' },
    { id: 'gy', label: 'output gradient', symbol: 'g_y', description: '∂L/∂y of the pooled maps.', code: 'gy' },
    {
      id: 'winner',
      label: 'argmax index',
      symbol: '(û, v̂)',
      description: 'The place of the largest value in the forward pass.',
      code: 'winner',
    },
  ],
  typescript: [{ file: 'engine/kernels/pooling.ts', parts: ['maxPoolGradient.reference'] }],
  wgsl: [{ file: 'shaders/max-pool.wgsl', parts: ['gradient'], label: 'gradient' }],
};

export const globalAveragePool: MathCard = {
  id: 'global-average-pool',
  title: 'Global average pooling',
  why: 'It turns each map into one number, so the head can say how much of a class there is, wherever it stands.',
  tex: ['\\term{y}{y_{nc}} = \\term{mean}{\\frac{1}{HW}} \\term{sum}{\\sum_{y,x}}\\, \\term{x}{x_{nyxc}}'],
  reference: { text: 'Lin, Chen & Yan 2014, Network in network, §3.2', url: 'https://arxiv.org/abs/1312.4400' },
  indices: [
    { symbol: 'n', meaning: 'image of the batch (o of the kernel)' },
    { symbol: 'y, x', meaning: 'position, all of them (r of the kernel)' },
    { symbol: 'c', meaning: 'channel (k of the kernel); a class where the last convolution has one map for each' },
  ],
  terms: [
    { id: 'y', label: 'output', symbol: 'y', description: 'One number for each map: its mean is a class’s logit.', code: 'y' },
    {
      id: 'mean',
      label: 'mean',
      symbol: '1/HW',
      description: 'So the logit does not grow with the image, and the gradient is the same everywhere.',
      code: { typescript: /total \/ reduce/, wgsl: 'params.scale' },
    },
    {
      id: 'sum',
      label: 'sum',
      symbol: 'Σ',
      description: 'Over all positions. There is nothing to learn here, and where a feature stands does not matter.',
      code: 'total',
    },
    { id: 'x', label: 'input', symbol: 'x', description: 'The maps, [N, H, W, C] = [outer, reduce, inner].', code: 'x' },
  ],
  typescript: [{ file: 'engine/kernels/reduction.ts', parts: ['reductionKernel.reference'] }],
  wgsl: [{ file: 'shaders/ladders/reduction/1-naive.wgsl', parts: ['naive'], label: 'naive' }],
};

export const cards = [maxPool, maxPoolGradient, globalAveragePool];
