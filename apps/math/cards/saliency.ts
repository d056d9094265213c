import type { MathCard } from '../card.ts';

const indices = [
  { symbol: 'c', meaning: 'class' },
  { symbol: 't', meaning: 'noisy copy' },
];
const gradient = {
  id: 'gradient',
  label: 'gradient',
  symbol: '∂S/∂x',
  description: 'Of the class score (the logit) with respect to the picture.',
  code: 'scoreGradient',
};

export const saliency: MathCard = {
  id: 'saliency',
  title: 'Saliency',
  why: 'The simplest of all maps: which pixels would change the score most if they changed a little.',
  tex: ['M = \\term{abs}{\\Big|} \\term{gradient}{\\frac{\\partial S_c}{\\partial x}} \\term{abs}{\\Big|}'],
  reference: { text: 'Simonyan, Vedaldi & Zisserman 2014, §3', url: 'https://arxiv.org/abs/1312.6034' },
  indices: indices.slice(0, 1),
  terms: [
    gradient,
    {
      id: 'abs',
      label: 'magnitude',
      symbol: '|·|',
      description: 'Which pixels matter, not in which direction.',
      code: /\babs\(gradient\)/,
    },
  ],
  typescript: [{ file: 'engine/explain/attribution.ts', parts: ['saliency'] }],
};

export const inputTimesGradient: MathCard = {
  id: 'input-x-gradient',
  title: 'Gradient × input',
  why: 'A pixel counts only as far as it is there: a strong gradient on black is nothing.',
  tex: ['M = \\term{x}{x} \\term{product}{\\odot} \\term{gradient}{\\frac{\\partial S_c}{\\partial x}}'],
  reference: { text: 'Shrikumar et al. 2016', url: 'https://arxiv.org/abs/1605.01713' },
  indices: indices.slice(0, 1),
  terms: [
    { id: 'x', label: 'picture', symbol: 'x', description: 'Black pixels get nothing, whatever their gradient.', code: 'x' },
    { id: 'product', label: 'product', symbol: '⊙', description: 'Pixel by pixel.', code: 'mul' },
    gradient,
  ],
  typescript: [{ file: 'engine/explain/attribution.ts', parts: ['inputXGradient'] }],
};

export const smoothGrad: MathCard = {
  id: 'smooth-grad',
  title: 'SmoothGrad',
  why: 'A gradient jumps from pixel to pixel; the mean over noisy copies keeps what does not depend on chance.',
  tex: [
    'M = \\frac{1}{\\term{n}{n}} \\term{total}{\\sum_{t}} \\term{gradient}{\\frac{\\partial S_c}{\\partial x}}\\big(\\term{noisy}{x + \\term{noise}{\\varepsilon_t}}\\big),\\qquad \\varepsilon_t \\sim \\mathcal N(0, \\term{sigma}{\\sigma}^2)',
  ],
  reference: { text: 'Smilkov et al. 2017', url: 'https://arxiv.org/abs/1706.03825' },
  indices,
  terms: [
    { id: 'n', label: 'copies', symbol: 'n', description: 'Noisy copies of the picture.', code: 'samples' },
    { id: 'total', label: 'sum', symbol: 'Σ', description: 'What changes with a little noise averages out.', code: 'total' },
    gradient,
    { id: 'noisy', label: 'noisy picture', symbol: 'x+ε', description: 'The same picture with fresh noise.', code: 'noisy' },
    {
      id: 'noise',
      label: 'noise',
      symbol: 'ε',
      description: 'Drawn from a counter, so that it can be drawn again.',
      code: 'randomNormal',
    },
    {
      id: 'sigma',
      label: 'deviation',
      symbol: 'σ',
      description: 'Too little changes nothing, too much hides the picture.',
      code: 'sigma',
    },
  ],
  typescript: [{ file: 'engine/explain/attribution.ts', parts: ['smoothGrad'] }],
};

export const guidedBackpropagation: MathCard = {
  id: 'guided-backpropagation',
  title: 'Guided back-propagation',
  why: 'It makes the sharpest maps of all, and the control beside it shows how little they say about the network.',
  tex: [
    '\\term{g}{g_x} = g_y\\, \\term{positive}{[g_y > 0]}\\, \\term{active}{[y > 0]}\\quad \\text{at every}\\ \\term{relu}{\\mathrm{ReLU}}',
  ],
  reference: { text: 'Springenberg et al. 2015, §3.4', url: 'https://arxiv.org/abs/1412.6806' },
  terms: [
    { id: 'g', label: 'gradient', symbol: 'g', description: 'What flows back through the rectifier.', code: 'gy' },
    {
      id: 'positive',
      label: 'positive gradients',
      symbol: '[g > 0]',
      description: 'What speaks against the class is cut: the map looks sharp and hardly depends on the class.',
      code: /greater\(gy, 0\)/,
    },
    {
      id: 'active',
      label: 'active units',
      symbol: '[y > 0]',
      description: 'The ordinary gradient of ReLU.',
      code: /greater\(output, 0\)/,
    },
    {
      id: 'relu',
      label: 'ReLU',
      symbol: 'ReLU',
      description: 'Its gradient is replaced while the map is made.',
      code: ['relu', 'withGradients', 'withGuidedRelu'],
    },
  ],
  typescript: [{ file: 'engine/explain/attribution.ts', parts: ['withGuidedRelu', 'guidedBackpropagation'] }],
};

export const cards = [saliency, inputTimesGradient, smoothGrad, guidedBackpropagation];
