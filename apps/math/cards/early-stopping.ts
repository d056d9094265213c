import type { MathCard } from '../card.ts';

export const earlyStopping: MathCard = {
  id: 'early-stopping',
  title: 'Early stopping',
  why: 'Points that are held out say when the network begins to learn the noise; the weights from before that are kept.',
  tex: [
    '\\term{best}{E^*} - \\term{value}{E_{\\mathrm{val}}} > \\term{delta}{\\delta} \\;\\Rightarrow\\; E^* \\leftarrow E_{\\mathrm{val}},\\quad \\theta^* \\leftarrow \\theta,\\quad \\term{waited}{w} \\leftarrow 0',
    '\\text{else}\\quad w \\leftarrow w + 1,\\qquad \\text{stop at}\\ w \\ge \\term{patience}{P}\\ \\text{and go back to}\\ \\theta^*',
  ],
  reference: { text: 'Prechelt 1998, Early stopping – but when?; Goodfellow et al. 2016, algorithm 7.1' },
  terms: [
    {
      id: 'best',
      label: 'best value',
      symbol: 'E*',
      description: 'Of the validation error so far; the weights of that moment are kept.',
      code: 'best',
    },
    {
      id: 'value',
      label: 'validation error',
      symbol: 'E_val',
      description: 'On examples that training does not see. A value that is not a number is no improvement.',
      code: 'value',
    },
    {
      id: 'delta',
      label: 'smallest improvement',
      symbol: 'δ',
      description: 'Smaller gains do not count.',
      code: 'this.minDelta',
    },
    { id: 'waited', label: 'evaluations waited', symbol: 'w', description: 'Since the last improvement.', code: 'waited' },
    {
      id: 'patience',
      label: 'patience',
      symbol: 'P',
      description: 'How long a rise of the error is put up with.',
      code: 'this.patience',
    },
  ],
  typescript: [{ file: 'engine/optim/early-stopping.ts', parts: ['EarlyStopping.observe'] }],
};

export const cards = [earlyStopping];
