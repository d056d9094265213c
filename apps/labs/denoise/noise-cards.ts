/** Cards of the lab's own: the noise, and what can be said without a network. */
import type { MathCard } from '../../math/card.ts';

export const noise: MathCard = {
  id: 'noise',
  title: 'The noise',
  why: 'This is the task: how a clean picture is darkened and buried before the network has to bring it back.',
  tex: [
    '\\term{noisy}{\\tilde x_i} = \\term{x}{x_i}\\, \\term{shadow}{u_i^{\\,\\term{gamma}{\\gamma}}} + \\term{sigma}{\\sigma}\\, \\term{n}{n_i},\\qquad u_i \\sim \\mathcal U[0, 1),\\quad n_i \\sim \\mathcal N(0, 1)',
  ],
  reference: { text: 'DL@MBL, exercise 7, part 5' },
  indices: [{ symbol: 'i', meaning: 'pixel; all are independent' }],
  terms: [
    { id: 'noisy', label: 'noisy image', symbol: 'x̃', description: 'What the network is given.', code: { typescript: 'noisy' } },
    {
      id: 'x',
      label: 'image',
      symbol: 'x',
      description: 'In normalised units: 0 is the mean grey, and darkening draws towards it.',
      code: { typescript: 'x' },
    },
    {
      id: 'shadow',
      label: 'darkening',
      symbol: 'uᵞ',
      description: 'A factor from 0 to 1 for each pixel; another draw in every step.',
      code: { typescript: ['shadow', 'randomUniform'] },
    },
    {
      id: 'gamma',
      label: 'darkening exponent',
      symbol: 'γ',
      description: 'The larger, the darker: the mean factor is 1/(γ + 1).',
      code: { typescript: 'power' },
    },
    { id: 'sigma', label: 'noise level', symbol: 'σ', description: 'Deviation of what is added.', code: { typescript: 'level' } },
    {
      id: 'n',
      label: 'noise',
      symbol: 'n',
      description: 'Normal, by Box and Muller’s method, drawn on the device.',
      code: { typescript: 'randomNormal' },
    },
  ],
  typescript: [{ file: 'apps/labs/denoise/noise.ts', parts: ['noisy'] }],
};

export const baseline: MathCard = {
  id: 'baseline',
  title: 'What a pixel by itself allows',
  why: 'It is the bar: what can be had without looking at a single neighbour, so that what is better must use them.',
  tex: [
    '\\term{gain}{a} = \\frac{\\term{covariance}{\\mathrm{Cov}(x, \\tilde x)}}{\\term{variance}{\\mathrm{Var}(\\tilde x)}} = \\frac{\\term{first}{\\frac{1}{\\gamma+1}} \\mathrm{Var}(x)}{\\term{second}{\\frac{1}{2\\gamma+1}} \\mathrm{E}[x^2] + \\sigma^2 - \\big(\\frac{\\mathrm{E}[x]}{\\gamma+1}\\big)^2}',
    '\\min_{a,b} \\mathrm{E}\\big[(a \\tilde x + b - x)^2\\big] = \\term{linear}{\\mathrm{Var}(x) - a\\,\\mathrm{Cov}(x, \\tilde x)},\\qquad \\term{zero}{\\mathrm{E}[(0 - x)^2]} = \\mathrm{E}[x^2]',
  ],
  reference: { text: 'Linear regression of x on x̃; E[uᵞ] = 1/(γ + 1) and E[u²ᵞ] = 1/(2γ + 1)' },
  terms: [
    {
      id: 'gain',
      label: 'gain',
      symbol: 'a',
      description: 'How much of a noisy pixel to believe.',
      code: { typescript: 'gain' },
    },
    {
      id: 'covariance',
      label: 'covariance',
      symbol: 'Cov',
      description: 'Of a pixel and its noisy form.',
      code: { typescript: 'covariance' },
    },
    {
      id: 'variance',
      label: 'variance',
      symbol: 'Var(x̃)',
      description: 'Of a noisy pixel: signal, darkening and noise.',
      code: { typescript: 'noisyVariance' },
    },
    { id: 'first', label: 'mean factor', symbol: 'E[uᵞ]', description: 'Of the darkening.', code: { typescript: 'first' } },
    {
      id: 'second',
      label: 'mean square of the factor',
      symbol: 'E[u²ᵞ]',
      description: 'Of the darkening.',
      code: { typescript: 'second' },
    },
    {
      id: 'linear',
      label: 'best linear estimate',
      symbol: 'min E',
      description: 'Below this error, the neighbourhood must have been used, or what the world looks like.',
      code: { typescript: 'linear' },
    },
    {
      id: 'zero',
      label: 'predict the mean',
      symbol: 'E[x²]',
      description: 'The error of an answer that does not look at the image: 0, the mean grey.',
      code: { typescript: 'zero' },
    },
  ],
  typescript: [{ file: 'apps/labs/denoise/noise.ts', parts: ['baselines'] }],
};

export const cards = [noise, baseline];
