import type { MathCard } from '../card.ts';

const indices = [
  { symbol: 'n', meaning: 'example of the batch' },
  { symbol: 'k, j', meaning: 'class' },
  { symbol: 't_n', meaning: 'the true class of example n' },
];
const reference = { text: 'Goodfellow, Bengio & Courville 2016, Deep Learning, §6.2.2.3' };

export const crossEntropy: MathCard = {
  id: 'cross-entropy',
  title: 'Softmax and cross-entropy',
  why: 'It is the number that training lowers: how surprised the network is by the true class.',
  tex: [
    '\\term{loss}{\\ell_n} = \\ln \\term{total}{\\sum_k e^{x_{nk}-m_n}} + \\term{m}{m_n} - \\term{x}{x_{n\\,\\term{t}{t_n}}},\\qquad m_n = \\max_k x_{nk}',
    '\\term{gx}{g_{x,nk}} = \\frac{e^{x_{nk}-m_n}}{\\sum_j e^{x_{nj}-m_n}} - \\term{onehot}{[k = t_n]}',
  ],
  reference,
  indices,
  terms: [
    { id: 'loss', label: 'loss', symbol: 'ℓ', description: 'One number per example; the batch takes their mean.', code: 'loss' },
    {
      id: 'total',
      label: 'sum of exponentials',
      symbol: 'Σe',
      description: 'Shifted by the largest logit, so that nothing overflows.',
      code: { typescript: 'sum', wgsl: 'total' },
    },
    {
      id: 'm',
      label: 'largest logit',
      symbol: 'm',
      description: 'Subtracted from all: it cancels.',
      code: { typescript: 'max', wgsl: 'm' },
    },
    { id: 'x', label: 'logits', symbol: 'x', description: 'The scores z before any softmax, [rows, classes].', code: 'x' },
    {
      id: 't',
      label: 'label',
      symbol: 't',
      description: 'The true class.',
      code: { typescript: ['label', 'labels'], wgsl: ['t', 'labels'] },
    },
    {
      id: 'gx',
      label: 'gradient',
      symbol: 'g_x',
      description: '∂ℓ/∂x: probability minus truth: made in the same walk as the loss.',
      code: 'gx',
    },
    {
      id: 'onehot',
      label: 'one-hot',
      symbol: '[k = t]',
      description: '1 at the true class, else 0.',
      code: { typescript: /Number\(k === label\)/, wgsl: /select\(0\.0, 1\.0, k == t\)/ },
    },
  ],
  typescript: [{ file: 'engine/kernels/softmax.ts', parts: ['logSumExp', 'crossEntropy.reference'] }],
  wgsl: [{ file: 'shaders/cross-entropy.wgsl', parts: ['rows'], label: 'row-per-invocation' }],
};

export const softmax: MathCard = {
  id: 'softmax',
  title: 'Softmax',
  why: 'It makes probabilities of the scores: all positive, with the sum 1.',
  tex: [
    '\\term{y}{y_{nk}} = \\frac{\\term{e}{e^{x_{nk} - m_n}}}{\\term{total}{\\sum_j e^{x_{nj} - m_n}}},\\qquad \\term{m}{m_n} = \\max_j \\term{x}{x_{nj}}',
  ],
  reference,
  indices,
  terms: [
    { id: 'y', label: 'probabilities', symbol: 'y', description: 'Positive, and 1 in sum.', code: 'y' },
    {
      id: 'e',
      label: 'exponential',
      symbol: 'e',
      description: 'Of the logit below the largest one.',
      code: { typescript: /exp\(shifted\)/, wgsl: /exponential\(v\)/ },
    },
    {
      id: 'total',
      label: 'sum',
      symbol: 'Σ',
      description: 'Over the classes of one row.',
      code: { typescript: 'sum', wgsl: 'total' },
    },
    {
      id: 'm',
      label: 'largest logit',
      symbol: 'm',
      description: 'Subtracted so that no exponent is positive.',
      code: { typescript: 'max', wgsl: 'm' },
    },
    { id: 'x', label: 'logits', symbol: 'x', description: 'The scores, [rows, classes].', code: 'x' },
  ],
  typescript: [{ file: 'engine/kernels/softmax.ts', parts: ['logSumExp', 'forwardKernel.reference'] }],
  wgsl: [{ file: 'shaders/softmax.wgsl', parts: ['forward'], label: 'row-per-invocation' }],
};

export const doubleSoftmax: MathCard = {
  id: 'double-softmax',
  title: 'Softmax before cross-entropy: the double softmax',
  why: 'A common mistake: a second softmax hides how sure the network is, and learning stalls above a floor.',
  tex: [
    '\\term{y}{p} = \\mathrm{softmax}(z),\\qquad L = -\\ln \\mathrm{softmax}(p)_t \\;\\ge\\; \\ln\\!\\big(1 + 9e^{-1}\\big) = 1.461',
    '\\term{gx}{\\frac{\\partial L}{\\partial z}} = \\term{y2}{p} \\odot \\big(\\term{gy}{d} - \\term{total}{\\langle d, p\\rangle}\\big),\\qquad d = \\mathrm{softmax}(p) - \\mathrm{onehot}(t)',
  ],
  reference: { text: 'A common mistake: cross-entropy expects logits. The bound is for ten classes, at p = onehot(t).' },
  indices: [{ symbol: 't', meaning: 'the true class' }],
  terms: [
    {
      id: 'y',
      label: 'probabilities',
      symbol: 'p',
      description: 'Softmax of the logits; between 0 and 1, so the second softmax can never be sure.',
      code: 'y',
    },
    { id: 'gx', label: 'gradient', symbol: '∂z', description: 'Passes two softmaxes and shrinks in both.', code: 'gx' },
    {
      id: 'y2',
      label: 'saved probabilities',
      symbol: 'p',
      description: 'Kept from the forward pass; near 0 or 1 they let little gradient through.',
      code: { typescript: 's', wgsl: ['saved', 's'] },
    },
    {
      id: 'gy',
      label: 'gradient from above',
      symbol: 'd',
      description: 'What cross-entropy hands down: softmax(p) minus the truth.',
      code: { typescript: ['gy', 'g'], wgsl: ['gy', 'g'] },
    },
    {
      id: 'total',
      label: 'inner product',
      symbol: '⟨d, p⟩',
      description: 'Makes the gradient sum to zero over the classes.',
      code: 'total',
    },
  ],
  typescript: [{ file: 'engine/kernels/softmax.ts', parts: ['forwardKernel.reference', 'gradientKernel.reference'] }],
  wgsl: [{ file: 'shaders/softmax.wgsl', parts: ['forward', 'backward'], label: 'row-per-invocation' }],
};

export const cards = [softmax, crossEntropy, doubleSoftmax];
