import type { MathCard } from '../card.ts';

const direction = {
  id: 'sign',
  label: 'sign of the gradient',
  symbol: 'sign ∇L',
  description: 'In the maximum norm, the steepest way up the loss: every pixel by the same amount.',
  code: ['sign', 'direction', 'ascent'],
};
const clip = { id: 'clip', label: 'clipping', symbol: 'clip', description: 'The result is a picture again.', code: 'clipped' };
const loss = {
  id: 'loss',
  label: 'loss',
  symbol: 'L',
  description: 'Cross-entropy with the true class (or, targeted, with the wished one).',
  code: ['loss', 'crossEntropy'],
};

export const fgsm: MathCard = {
  id: 'fgsm',
  title: 'Fast gradient sign method',
  why: 'One step for all pixels, each by the same small amount: enough to fool many networks.',
  tex: [
    '\\tilde x = \\term{clip}{\\mathrm{clip}}\\big(\\term{x}{x} + \\term{epsilon}{\\varepsilon}\\, \\term{sign}{\\operatorname{sign} \\nabla_x} \\term{loss}{L}(x, y)\\big)',
  ],
  reference: { text: 'Goodfellow, Shlens & Szegedy 2015, §4', url: 'https://arxiv.org/abs/1412.6572' },
  terms: [
    clip,
    { id: 'x', label: 'picture', symbol: 'x', description: 'What is changed.', code: 'x' },
    { id: 'epsilon', label: 'size', symbol: 'ε', description: 'Largest change of a pixel.', code: 'options.epsilon' },
    direction,
    loss,
  ],
  typescript: [{ file: 'engine/explain/adversarial.ts', parts: ['ascent', 'fgsm'] }],
};

export const pgd: MathCard = {
  id: 'pgd',
  title: 'Projected gradient descent',
  why: 'Many small steps find what one large one misses, so this is the attack that a network is measured by.',
  tex: [
    "x^{t+1} = \\term{project}{\\Pi_{\\lVert x' - x\\rVert_\\infty \\le \\varepsilon}}\\; \\term{clip}{\\mathrm{clip}}\\big(\\term{current}{x^t} + \\term{alpha}{\\alpha}\\, \\term{sign}{\\operatorname{sign} \\nabla_x} \\term{loss}{L}(x^t, y)\\big),\\qquad \\term{start}{x^0 = x + u}",
  ],
  reference: { text: 'Madry et al. 2018, eq. 2', url: 'https://arxiv.org/abs/1706.06083' },
  indices: [{ symbol: 't', meaning: 'step' }],
  terms: [
    {
      id: 'project',
      label: 'projection',
      symbol: 'Π',
      description: 'Back into the box of ε around the picture.',
      code: /clamp\(sub\(moved, x\.detach\(\)\), -epsilon, epsilon\)/,
    },
    clip,
    {
      id: 'current',
      label: 'present picture',
      symbol: 'x^t',
      description: 'Moves a little at each step.',
      code: ['current', 'before'],
    },
    { id: 'alpha', label: 'step size', symbol: 'α', description: 'Smaller than ε, so that the way can bend.', code: 'stepSize' },
    direction,
    loss,
    {
      id: 'start',
      label: 'random start',
      symbol: 'u',
      description: 'Anywhere in the box: the gradient at the picture itself may be masked.',
      code: 'noise',
    },
  ],
  typescript: [{ file: 'engine/explain/adversarial.ts', parts: ['ascent', 'pgdPath'] }],
};

export const cards = [fgsm, pgd];
