import type { MathCard } from '../card.ts';

export const integratedGradients: MathCard = {
  id: 'integrated-gradients',
  title: 'Integrated gradients',
  why: 'It shares out the score among the pixels so that nothing is lost, so a single dot can be held to account.',
  tex: [
    "\\mathrm{IG}_i(x) = \\term{difference}{(x_i - \\term{baseline}{x'_i})} \\int_0^1 \\frac{\\partial S_c}{\\partial x_i}\\big(x' + \\alpha (x - x')\\big)\\, d\\alpha",
    "\\approx (x_i - x'_i)\\, \\term{total}{\\sum_{k=1}^{\\term{nodes}{m}}} \\term{weight}{w_k}\\, \\term{gradient}{\\frac{\\partial S_c}{\\partial x_i}}\\big(\\term{point}{x' + \\term{alpha}{\\alpha_k} (x - x')}\\big)",
  ],
  reference: { text: 'Sundararajan, Taly & Yan 2017, eq. 1', url: 'https://arxiv.org/abs/1703.01365' },
  indices: [
    { symbol: 'i', meaning: 'pixel' },
    { symbol: 'k', meaning: 'node of the quadrature' },
    { symbol: 'c', meaning: 'class' },
  ],
  terms: [
    {
      id: 'difference',
      label: 'path',
      symbol: 'x − x′',
      description: 'From the baseline to the picture; its sum with the averaged gradient is S(x) − S(x′).',
      code: 'difference',
    },
    {
      id: 'baseline',
      label: 'baseline',
      symbol: 'x′',
      description: 'What counts as nothing there. With mean grey, black pixels differ from it and get attribution.',
      code: ['baseline', 'baselineFor'],
    },
    { id: 'total', label: 'weighted sum', symbol: 'Σ', description: 'In place of the integral.', code: 'total' },
    {
      id: 'nodes',
      label: 'number of nodes',
      symbol: 'm',
      description: 'Each is a pass through the network and back; a Riemann sum has as many intervals.',
      code: /options\.steps/,
    },
    { id: 'weight', label: 'weight', symbol: 'w', description: 'Of the quadrature, Gauss–Legendre by default.', code: 'weights' },
    {
      id: 'gradient',
      label: 'gradient',
      symbol: '∂S/∂x',
      description: 'Of the class score (the logit) with respect to the picture.',
      code: 'scoreGradient',
    },
    { id: 'point', label: 'point on the path', symbol: 'x(α)', description: 'A mixture of baseline and picture.', code: 'point' },
    { id: 'alpha', label: 'node', symbol: 'α', description: 'How far along the path, from 0 to 1.', code: ['alpha', 'nodes'] },
  ],
  typescript: [
    { file: 'engine/explain/attribution.ts', parts: ['integratedGradients'], label: 'method' },
    { file: 'engine/explain/quadrature.ts', parts: ['gaussLegendre'], label: 'quadrature', terms: ['alpha', 'weight'] },
  ],
};

export const cards = [integratedGradients];
