import type { MathCard } from '../card.ts';

export const concatenation: MathCard = {
  id: 'concatenation',
  title: 'Concatenation',
  tex: [
    '\\term{y}{y} = [\\term{x}{x_1}, \\dots, x_n],\\qquad y_{\\,\\term{offset}{o}\\, +\\, \\sum_d i_d \\term{strideY}{s^y_d}} = x_{\\sum_d i_d \\term{strideX}{s^x_d}}',
  ],
  reference: { text: 'Ronneberger, Fischer & Brox 2015 (U-Net: the skip connections)', url: 'https://arxiv.org/abs/1505.04597' },
  indices: [
    { symbol: 'd', meaning: 'axis' },
    { symbol: 'i_d', meaning: 'index along axis d' },
  ],
  terms: [
    {
      id: 'y',
      label: 'whole',
      symbol: 'y',
      description: 'Holds the parts one behind the other, here along the channels.',
      code: 'y',
    },
    {
      id: 'x',
      label: 'part',
      symbol: 'x',
      description: 'Copied in; backward each part takes its slice of the gradient.',
      code: 'x',
    },
    {
      id: 'offset',
      label: 'offset',
      symbol: 'o',
      description: 'Where the part begins in y: the channels before it.',
      code: { typescript: 'offsetY', wgsl: 'params.offsetY' },
    },
    {
      id: 'strideY',
      label: 'strides of the whole',
      symbol: 's^y',
      description: 'How far apart neighbours along an axis lie in y.',
      code: { typescript: 'strideY', wgsl: ['params.innerStrideY', 'params.outerStrideY'] },
    },
    {
      id: 'strideX',
      label: 'strides of the part',
      symbol: 's^x',
      description: 'The same in x.',
      code: { typescript: 'strideX', wgsl: ['params.innerStrideX', 'params.outerStrideX'] },
    },
  ],
  typescript: [
    { file: 'engine/ops/shape.ts', parts: ['concatOp'], label: 'operation' },
    {
      file: 'engine/kernels/copy.ts',
      parts: ['definition.reference'],
      label: 'kernel',
      terms: ['y', 'x', 'offset', 'strideY', 'strideX'],
    },
  ],
  wgsl: [{ file: 'shaders/copy.wgsl', parts: ['locate', 'naive'], label: 'naive' }],
};

export const cards = [concatenation];
