import type { MathCard } from '../card.ts';

const reference = { text: 'Ioffe & Szegedy 2015, algorithm 1', url: 'https://arxiv.org/abs/1502.03167' };
const indices = [
  { symbol: 'r', meaning: 'row: every position of every image, M of them' },
  { symbol: 'c', meaning: 'channel' },
];

export const batchNorm: MathCard = {
  id: 'batch-norm',
  title: 'Batch normalisation',
  why: 'Every channel is brought to the same scale in each batch, so that no layer has to follow the drift of those before.',
  tex: [
    '\\term{y}{y_{rc}} = \\term{gamma}{\\gamma_c} \\frac{\\term{x}{x_{rc}} - \\term{mean}{\\mu_c}}{\\sqrt{\\term{variance}{\\sigma_c^2} + \\term{epsilon}{\\epsilon}}} + \\term{beta}{\\beta_c}',
    '\\mu_c = \\tfrac1M \\sum_r x_{rc},\\quad \\sigma_c^2 = \\tfrac1M \\sum_r (x_{rc} - \\mu_c)^2',
  ],
  reference,
  indices,
  terms: [
    { id: 'y', label: 'output', symbol: 'y', description: 'Of mean β and deviation γ in every channel.', code: 'y' },
    { id: 'gamma', label: 'scale', symbol: 'γ', description: 'Learned, starts at 1.', code: 'gamma' },
    { id: 'x', label: 'input', symbol: 'x', description: 'Maps or features, [rows, channels].', code: 'x' },
    {
      id: 'mean',
      label: 'mean',
      symbol: 'μ',
      description: 'Of the batch in training, the running mean in evaluation.',
      code: 'mean',
    },
    {
      id: 'variance',
      label: 'variance',
      symbol: 'σ²',
      description: 'Biased here; the running one is unbiased, as in PyTorch.',
      code: 'variance',
    },
    {
      id: 'epsilon',
      label: 'epsilon',
      symbol: 'ε',
      description: 'Keeps the root away from zero.',
      code: { typescript: 'p.epsilon', wgsl: 'params.epsilon' },
    },
    { id: 'beta', label: 'shift', symbol: 'β', description: 'Learned, starts at 0.', code: 'beta' },
  ],
  typescript: [
    { file: 'engine/kernels/batch-norm.ts', parts: ['batchNorm.reference'], label: 'normalise' },
    {
      file: 'engine/kernels/batch-norm.ts',
      parts: ['batchNormStatistics.reference'],
      label: 'statistics',
      terms: ['x', 'mean', 'variance'],
    },
  ],
  wgsl: [
    { file: 'shaders/batch-norm.wgsl', parts: ['normalize'], label: 'normalise' },
    { file: 'shaders/batch-norm.wgsl', parts: ['statistics', 'combine'], label: 'statistics', terms: ['x'] },
  ],
};

export const batchNormGradient: MathCard = {
  id: 'batch-norm-gradient',
  title: 'Batch normalisation: gradients',
  why: 'Mean and variance depend on every image of the batch, so each image’s gradient depends on all others.',
  tex: [
    '\\term{gx}{g_{x,rc}} = \\gamma_c\\, \\term{inverse}{\\frac{1}{\\sqrt{\\sigma_c^2 + \\epsilon}}} \\Big(\\term{gy}{g_{y,rc}} - \\tfrac1M \\term{gbeta}{\\sum_r g_{y,rc}} - \\term{xhat}{\\hat x_{rc}}\\, \\tfrac1M \\term{ggamma}{\\sum_r g_{y,rc}\\, \\hat x_{rc}}\\Big)',
    'g_{\\beta,c} = \\sum_r g_{y,rc},\\qquad g_{\\gamma,c} = \\sum_r g_{y,rc}\\,\\hat x_{rc}',
  ],
  reference,
  indices,
  terms: [
    {
      id: 'gx',
      label: 'input gradient',
      symbol: 'g_x',
      description: 'In evaluation only the first summand is left.',
      code: 'gx',
    },
    {
      id: 'inverse',
      label: 'inverse deviation',
      symbol: '1/σ',
      description: 'Large where a channel hardly varies.',
      code: 'inverse',
    },
    { id: 'gy', label: 'output gradient', symbol: 'g_y', description: '∂L/∂y.', code: 'gy' },
    {
      id: 'gbeta',
      label: 'gradient of β',
      symbol: 'g_β',
      description: 'Its mean is taken off: shifting all inputs changes nothing.',
      code: { typescript: ['gbeta', 'ofBeta'], wgsl: ['gbeta', 'ofBeta', 'sumBeta'] },
    },
    {
      id: 'xhat',
      label: 'normalised input',
      symbol: 'x̂',
      description: '(x − μ)/σ, computed again instead of stored.',
      code: { typescript: 'normalized', wgsl: /\(x\[i\] - mean\[c\]\) \* inverse/ },
    },
    {
      id: 'ggamma',
      label: 'gradient of γ',
      symbol: 'g_γ',
      description: 'Its share is taken off: scaling all inputs changes nothing.',
      code: { typescript: ['ggamma', 'ofGamma'], wgsl: ['ggamma', 'ofGamma', 'sumGamma'] },
    },
  ],
  typescript: [{ file: 'engine/kernels/batch-norm.ts', parts: ['batchNormGradient.reference'] }],
  wgsl: [{ file: 'shaders/batch-norm-gradient.wgsl', parts: ['sumSlices', 'combine', 'gradient'], label: 'naive' }],
};

export const cards = [batchNorm, batchNormGradient];
