import type { MathCard } from '../card.ts';

export const penalisedAttack: MathCard = {
  id: 'penalised-attack',
  title: 'The smallest change that is enough',
  why: 'It asks the other way round: not what a given change can do, but how little is enough.',
  tex: [
    '\\min_{\\term{delta}{\\delta}}\\ \\term{loss}{L}\\big(\\term{clip}{\\mathrm{clip}}(\\term{x}{x} + \\term{delta}{\\delta}),\\, \\term{target}{y_t}\\big) + \\term{lambda}{\\lambda}\\, \\term{size}{\\lVert \\delta \\rVert_2^2} \\qquad \\text{by Adam with}\\ \\term{eta}{\\eta}',
  ],
  reference: { text: 'Szegedy et al. 2014, §4.1', url: 'https://arxiv.org/abs/1312.6199' },
  indices: [{ symbol: 't', meaning: 'class that is wished for' }],
  terms: [
    { id: 'delta', label: 'change', symbol: 'δ', description: 'Starts at 0, and is what is learned.', code: 'delta' },
    {
      id: 'loss',
      label: 'loss',
      symbol: 'L',
      description: 'Cross-entropy with the wished class.',
      code: ['loss', 'crossEntropy'],
    },
    { id: 'clip', label: 'clipping', symbol: 'clip', description: 'x + δ is a picture in every step.', code: 'clipped' },
    { id: 'x', label: 'picture', symbol: 'x', description: 'Stays as it is.', code: 'x' },
    {
      id: 'target',
      label: 'wished class',
      symbol: 'y_t',
      description: 'What the network shall see.',
      code: ['targets', 'labels'],
    },
    {
      id: 'lambda',
      label: 'price of size',
      symbol: 'λ',
      description: 'The larger, the smaller the change, until it is too small to work.',
      code: 'lambda',
    },
    {
      id: 'size',
      label: 'size',
      symbol: '‖δ‖²',
      description: 'The squares of all changes of pixels, added up.',
      code: /sum\(square\(delta\)\)/,
    },
    { id: 'eta', label: 'learning rate', symbol: 'η', description: 'Of Adam, which walks downhill over δ.', code: 'lr' },
  ],
  typescript: [{ file: 'engine/explain/adversarial.ts', parts: ['penalisedPath'] }],
};

export const cards = [penalisedAttack];
