import type { MathCard } from '../card.ts';

export const texture: MathCard = {
  id: 'texture',
  title: 'The texture of the global corruption',
  why: 'This is the flaw of the data itself: how the grid on every image of one class is made, which later gives the answer away.',
  tex: [
    '\\term{T}{T_{ij}} = \\term{sum}{\\sum_{u,v}}\\, \\term{K}{K_{uv}}\\; \\term{T0}{T^0}_{\\term{row}{i+1-u},\\,\\term{col}{j+1-v}},\\qquad T^0_{ij} = \\term{amplitude}{a}\\ \\text{where}\\ \\term{stride}{s}\\ \\text{divides}\\ i\\ \\text{and}\\ j',
  ],
  reference: { text: 'DL@MBL exercise 7, Failure modes; a true convolution with reflecting border, as scipy.ndimage.convolve' },
  indices: [
    { symbol: 'i, j', meaning: 'row and column' },
    { symbol: 'u, v', meaning: 'place in the 3 × 3 kernel' },
  ],
  terms: [
    {
      id: 'T',
      label: 'texture',
      symbol: 'T',
      description: 'Grey levels that are added to every picture of a class.',
      code: 'out',
    },
    { id: 'sum', label: 'sum', symbol: 'Σ', description: 'Over the nine places of the kernel.', code: 'sum' },
    {
      id: 'K',
      label: 'kernel',
      symbol: 'K',
      description: 'Nine numbers that spread each spike over its neighbours.',
      code: 'TEXTURE_KERNEL',
    },
    {
      id: 'T0',
      label: 'spikes',
      symbol: 'T⁰',
      description: 'A grid of spikes, zero between them.',
      code: /row % stride === 0 && col % stride === 0/,
    },
    {
      id: 'row',
      label: 'row met',
      symbol: 'i+1−u',
      description: 'The kernel is flipped (a true convolution); beyond the border the picture is mirrored.',
      code: ['row', 'reflect'],
    },
    { id: 'col', label: 'column met', symbol: 'j+1−v', description: 'As the row.', code: 'col' },
    {
      id: 'amplitude',
      label: 'amplitude',
      symbol: 'a',
      description: 'Height of the spikes in grey levels, 80 in the exercise.',
      code: 'amplitude',
    },
    { id: 'stride', label: 'distance', symbol: 's', description: 'Of the spikes in pixels, 2 in the exercise.', code: 'stride' },
  ],
  typescript: [{ file: 'engine/data/corruptions.ts', parts: ['TEXTURE_KERNEL', 'reflect', 'texture'] }],
};

export const cards = [texture];
