import type { MathCard } from '../card.ts';

export const mse: MathCard = {
  id: 'mse',
  title: 'Mean squared error',
  why: 'It is the number that training lowers: how far the answers are from what they should be, large misses above all.',
  tex: ['E = \\term{mean}{\\frac1N \\sum_n} \\term{square}{\\big(} \\term{difference}{x_n - t_n} \\term{square}{\\big)^2}'],
  reference: { text: 'Bishop 2006, Pattern Recognition and Machine Learning, §5.2' },
  indices: [{ symbol: 'n', meaning: 'example (and output, where there are several)' }],
  terms: [
    {
      id: 'mean',
      label: 'mean',
      symbol: '1/N Σ',
      description: 'Over all elements: the loss does not grow with the data.',
      code: { typescript: ['reduced', 'mean'], wgsl: ['total', 'sum'] },
    },
    {
      id: 'square',
      label: 'square',
      symbol: '(·)²',
      description: 'Far points pull hardest: the gradient is 2(x − t)/N.',
      code: { typescript: 'square', wgsl: /v \* v/ },
    },
    {
      id: 'difference',
      label: 'residual',
      symbol: 'x − t',
      description: 'Prediction minus target.',
      code: { typescript: 'sub', wgsl: /u - v/ },
    },
  ],
  typescript: [{ file: 'engine/ops/loss.ts', parts: ['reduced', 'mseLoss'] }],
  wgsl: [
    {
      file: 'shaders/binary.wgsl',
      label: 'difference',
      parts: [{ name: 'f', lines: /case SUB:/ }, 'vectors'],
      terms: ['difference'],
    },
    { file: 'shaders/unary.wgsl', label: 'square', parts: [{ name: 'f', lines: /case SQUARE:/ }, 'vectors'], terms: ['square'] },
    { file: 'shaders/ladders/reduction/1-naive.wgsl', label: 'mean', terms: ['mean'] },
  ],
};

export const cards = [mse];
