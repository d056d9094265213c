import type { MathCard } from '../card.ts';

const reference = { text: 'Half-pixel centres, as PyTorch’s interpolate with align_corners=false' };
const indices = [
  { symbol: 'n', meaning: 'image of the batch' },
  { symbol: 'y, x', meaning: 'position in the small image' },
  { symbol: 'p, q', meaning: 'position in the large image' },
  { symbol: 'c', meaning: 'channel' },
];
const look = {
  id: 's',
  label: 'place looked at',
  symbol: 's',
  description: 'Where the centre of an output pixel falls in the input; ×2 gives weights of ¼ and ¾.',
  code: 's',
};
const ratio = { id: 'ratio', label: 'ratio', symbol: 'r', description: 'Input pixels per output pixel.', code: 'ratio' };
const lower = {
  id: 'lo',
  label: 'lower neighbour',
  symbol: '⌊s⌋',
  description: 'Kept inside the image.',
  code: { typescript: ['lo', 'row.lo', 'column.lo'], wgsl: ['lo', 'row.lo', 'column.lo', 'b.lo'] },
};
const share = {
  id: 'f',
  label: 'share',
  symbol: 'f',
  description: 'Of the upper neighbour, in each axis.',
  code: { typescript: ['f', /s - lo/, 'row.f', 'column.f'], wgsl: [/s - f32\(lo\)/, 'row.f', 'column.f', 'b.f'] },
};

export const upsample: MathCard = {
  id: 'bilinear',
  title: 'Bilinear up-sampling',
  why: 'It brings the small maps back to the size of the picture, where details from the skip connection join them.',
  tex: [
    '\\term{s}{s_p} = \\max\\big((p + \\tfrac12)\\,\\term{ratio}{r} - \\tfrac12,\\ 0\\big),\\qquad \\term{f}{f_p} = s_p - \\term{lo}{\\lfloor s_p \\rfloor}',
    '\\term{y}{y_{npqc}} = \\sum_{y \\in \\{\\lfloor s_p\\rfloor,\\, \\term{hi}{\\lfloor s_p\\rfloor + 1}\\}} \\sum_{x} w_{py}\\, w_{qx}\\; \\term{x}{x_{nyxc}},\\qquad w = 1 - f\\ \\text{or}\\ f',
  ],
  reference,
  indices,
  terms: [
    look,
    ratio,
    share,
    lower,
    { id: 'y', label: 'output', symbol: 'y', description: 'The large maps.', code: 'y' },
    {
      id: 'hi',
      label: 'upper neighbour',
      symbol: '⌊s⌋+1',
      description: 'Kept inside the image: the border repeats.',
      code: {
        typescript: ['hi', 'row.hi', 'column.hi'],
        wgsl: [/min\(lo \+ 1u, extent - 1u\)/, 'row.hi', 'column.hi'],
      },
    },
    { id: 'x', label: 'input', symbol: 'x', description: 'The small maps, NHWC.', code: 'x' },
  ],
  typescript: [{ file: 'engine/kernels/resize.ts', parts: ['look', 'forEachTap', 'resize.reference'] }],
  wgsl: [{ file: 'shaders/resize.wgsl', parts: ['look', 'naive'], label: 'naive' }],
};

export const upsampleGradient: MathCard = {
  id: 'bilinear-gradient',
  title: 'Bilinear up-sampling: gradient',
  why: 'Each coarse pixel collects the blame of all fine pixels that it was spread over.',
  tex: [
    '\\term{gx}{g_{x,nyxc}} = \\sum_{p,q}\\, \\term{weight}{w_{py}\\, w_{qx}}\\; \\term{gy}{g_{y,npqc}}',
    '\\term{s}{s_p} = \\max\\big((p + \\tfrac12)\\,\\term{ratio}{r} - \\tfrac12,\\ 0\\big),\\qquad \\term{f}{f_p} = s_p - \\term{lo}{\\lfloor s_p \\rfloor}',
  ],
  reference,
  indices,
  terms: [
    {
      id: 'gx',
      label: 'input gradient',
      symbol: 'g_x',
      description: 'Each input asks the outputs that looked at it; no two of them write to one place.',
      code: 'gx',
    },
    {
      id: 'weight',
      label: 'weights',
      symbol: 'w',
      description: 'The same as in the forward pass: the gradient is the transpose.',
      code: { typescript: 'weight', wgsl: ['wy', 'wx', 'weight'] },
    },
    { id: 'gy', label: 'output gradient', symbol: 'g_y', description: '∂L/∂y of the large maps.', code: 'gy' },
    look,
    ratio,
    share,
    lower,
  ],
  typescript: [{ file: 'engine/kernels/resize.ts', parts: ['look', 'forEachTap', 'resizeGradient.reference'] }],
  wgsl: [{ file: 'shaders/resize.wgsl', parts: ['look', 'weight', 'lookers', 'gradient'], label: 'gradient' }],
};

export const cards = [upsample, upsampleGradient];
