import type { MathCard } from '../card.ts';

export const residual: MathCard = {
  id: 'residual',
  title: 'Residual block',
  why: 'The input goes on unchanged beside the block, and so does the gradient: that is what lets deep networks learn.',
  tex: ['y = \\term{bridge}{B(x)} \\term{add}{+} \\term{body}{F(x)}'],
  reference: { text: 'He, Zhang, Ren & Sun 2016, eq. 1 and 2', url: 'https://arxiv.org/abs/1512.03385' },
  terms: [
    {
      id: 'bridge',
      label: 'shortcut',
      symbol: 'B',
      description: 'The identity where the shapes agree, else a linear layer: the gradient passes it undamped.',
      code: { typescript: 'straight', wgsl: ['a', 'u'] },
    },
    {
      id: 'add',
      label: 'sum',
      symbol: '+',
      description: 'Forward it adds, backward it hands the gradient to both branches.',
      code: { typescript: 'add', wgsl: /u \+ v/ },
    },
    {
      id: 'body',
      label: 'body',
      symbol: 'F',
      description: 'The layers that learn what to add to the input.',
      code: { typescript: /this\.body\.forward/, wgsl: ['b', 'v'] },
    },
  ],
  typescript: [{ file: 'engine/nn/layers/composite.ts', parts: ['Residual.compute'] }],
  wgsl: [{ file: 'shaders/binary.wgsl', parts: ['a', 'b', 'y', { name: 'f', lines: /case ADD:/ }, 'naive'], label: 'naive' }],
};

export const cards = [residual];
