import type { MathCard } from '../card.ts';

const indices = [
  { symbol: 'n', meaning: 'image of the batch' },
  { symbol: 'p, q', meaning: 'position in the output' },
  { symbol: 'u, v', meaning: 'offset within the window' },
  { symbol: 'c', meaning: 'channel' },
  { symbol: 's', meaning: 'stride' },
];
const reference = { text: 'Goodfellow, Bengio & Courville 2016, Deep Learning, §9.3' };

export const maxPool: MathCard = {
  id: 'max-pool',
  title: 'Max pooling',
  tex: [
    '\\term{y}{y_{npqc}} = \\term{max}{\\max_{u,v}}\\, \\term{x}{x_{n,\\,ps+u,\\,qs+v,\\,c}},\\qquad \\term{winner}{\\mathrm{winner}_{npqc}} = \\arg\\max_{u,v}(\\cdot)',
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
      label: 'winner',
      symbol: 'winner',
      description: 'The place in the window that won; the gradient goes there.',
      code: ['winner', 'winners'],
    },
  ],
  typescript: [{ file: 'engine/kernels/pooling.ts', parts: ['maxPool.reference'] }],
  wgsl: [{ file: 'shaders/max-pool.wgsl', parts: ['naive'], label: 'naive' }],
};

export const maxPoolGradient: MathCard = {
  id: 'max-pool-gradient',
  title: 'Max pooling: gradient',
  tex: [
    '\\term{gx}{g_{x,nyxc}} = \\sum_{p,q}\\, \\term{gy}{g_{y,npqc}}\\; \\big[\\term{winner}{\\mathrm{winner}_{npqc}} = (y - ps,\\; x - qs)\\big]',
  ],
  reference,
  indices,
  terms: [
    { id: 'gx', label: 'input gradient', symbol: 'g_x', description: 'Zero everywhere but at the winners.', code: 'gx' },
    { id: 'gy', label: 'output gradient', symbol: 'g_y', description: '∂L/∂y of the pooled maps.', code: 'gy' },
    {
      id: 'winner',
      label: 'winner',
      symbol: 'winner',
      description: 'Which place of the window won in the forward pass.',
      code: 'winner',
    },
  ],
  typescript: [{ file: 'engine/kernels/pooling.ts', parts: ['maxPoolGradient.reference'] }],
  wgsl: [{ file: 'shaders/max-pool.wgsl', parts: ['gradient'], label: 'gradient' }],
};

export const cards = [maxPool, maxPoolGradient];
