/** MODE: the nine measures of how far an image is from a heat map, and the distance between two layers. */
import type { MathCard, MathTerm } from '../card.ts';

const indices = [
  { symbol: 'k', meaning: 'image of the pool' },
  { symbol: 'i', meaning: 'pixel, of d = 784' },
];
const y: MathTerm = { id: 'y', label: 'measure', symbol: 'y', description: 'One number for each image, [K].', code: 'y' };
const u: MathTerm = {
  id: 'u',
  label: 'images',
  symbol: 'u',
  description: 'Images of the pool that have the faulty label, [K, d], pixels from 0 to 1.',
  code: 'u',
};
const h: MathTerm = {
  id: 'h',
  label: 'heat map',
  symbol: 'h',
  description: 'The mean of the images of the label that the network gets right, [d].',
  code: 'h',
};
const p: MathTerm = {
  id: 'p',
  label: 'exponent',
  symbol: 'p',
  description: '1 is Manhattan’s measure, 2 the Euclidean one; the larger, the more the largest difference counts.',
  code: { typescript: 'p', wgsl: 'params.p' },
};

interface Measure {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** Of the right side. */
  readonly tex: string;
  /** The row of the table of kernels. */
  readonly row: string;
  /** What the shader calls it; absent: it falls under the default. */
  readonly wgsl?: RegExp;
  readonly reference: MathCard['reference'];
  readonly terms?: readonly MathTerm[];
}

const U = '\\term{u}{u_{ki}}';
const H = '\\term{h}{h_i}';

function measureCard({ id, title, why, tex, row, wgsl = /default/, reference, terms = [] }: Measure): MathCard {
  const lines = new RegExp(`let difference|${wgsl.source}|default`);
  const sorting = row === 'earthMover';
  return {
    id,
    title,
    why,
    tex: [`\\term{y}{y_k} = ${tex}`],
    reference,
    indices: sorting ? [...indices, { symbol: '(i)', meaning: 'place after sorting' }] : indices,
    terms: [y, u, h, ...terms],
    typescript: [
      {
        file: 'engine/kernels/measures.ts',
        parts: [`TABLE.${row}`, { name: 'measureKernel', lines: /row\.term|row\.result|combine/ }],
      },
      ...(sorting
        ? [{ file: 'engine/repair/measures.ts', parts: [{ name: 'measure', lines: /sort/ }], terms: ['u', 'h', 'y'] }]
        : []),
    ],
    wgsl: [{ file: 'shaders/measures.wgsl', parts: [{ name: 'term', lines }, { name: 'result', lines }, 'rows'] }],
  };
}

export const bhattacharyya: MathCard = {
  id: 'bhattacharyya',
  title: 'How much a layer changes the predictions',
  why: 'If a layer changes the answers no more, the one before had learned all there was: that is where a bug would be looked for.',
  tex: [
    '\\term{d}{d_B}(P,Q) = 1 - \\sum_{n,k} \\sqrt{\\frac{P_{nk}}{\\sum P}\\cdot\\frac{Q_{nk}}{\\sum Q}}',
    '\\phantom{d_B} = \\term{half}{\\tfrac12} \\sum_{n,k} \\Big(\\term{root}{\\sqrt{\\frac{\\term{P}{P_{nk}}}{\\sum P}}} - \\sqrt{\\frac{\\term{Q}{Q_{nk}}}{\\sum Q}}\\Big)^2',
  ],
  reference: { text: 'Bhattacharyya 1943, on whole matrices as in the replication of MODE (Ma et al. 2018)' },
  indices: [
    { symbol: 'n', meaning: 'image' },
    { symbol: 'k', meaning: 'class' },
  ],
  terms: [
    {
      id: 'd',
      label: 'distance',
      symbol: 'd_B',
      description: '0 for equal predictions: the added layer has changed nothing, the one before was saturated.',
      code: 'bhattacharyya',
    },
    {
      id: 'half',
      label: 'one half',
      symbol: '½',
      description: 'The two forms are equal; this one is exact near 0.',
      code: '0.5',
    },
    { id: 'root', label: 'root', symbol: '√', description: 'Of the matrix with the sum 1.', code: 'root' },
    {
      id: 'P',
      label: 'probabilities',
      symbol: 'P',
      description: 'Of the sub-network with one layer less, [N, classes].',
      code: 'p',
    },
    { id: 'Q', label: 'probabilities', symbol: 'Q', description: 'Of the sub-network with this layer, [N, classes].', code: 'q' },
  ],
  typescript: [{ file: 'engine/repair/bhattacharyya.ts', parts: ['bhattacharyya'] }],
};

const minkowskis = { text: 'Minkowski 1910; Deza & Deza 2009, Encyclopedia of Distances, ch. 5' };

export const cards: readonly MathCard[] = [
  measureCard({
    id: 'dot',
    title: 'Dot product',
    why: 'It measures how much ink an image has where the network looks: bold digits win.',
    tex: `\\sum_i ${U}\\,${H}`,
    row: 'dot',
    wgsl: /DOT/,
    reference: { text: 'The replication of MODE (Ma et al. 2018); the only measure that grows with likeness' },
  }),
  measureCard({
    id: 'cosine',
    title: 'Cosine',
    why: 'It compares only the shape of the ink, however bold it is.',
    tex: `1 - \\frac{\\sum_i ${U}\\,${H}}{\\sqrt{\\sum_i u_{ki}^2}\\sqrt{\\sum_i h_i^2}}`,
    row: 'cosine',
    wgsl: /COSINE/,
    reference: { text: 'Salton & McGill 1983' },
  }),
  measureCard({
    id: 'manhattan',
    title: 'Manhattan',
    why: 'It adds up all differences from the heat map, so an image near the mean image wins.',
    tex: `\\sum_i |${U} - ${H}|`,
    row: 'manhattan',
    reference: minkowskis,
  }),
  measureCard({
    id: 'euclidean',
    title: 'Euclidean',
    why: 'Large differences weigh more: one odd stroke makes an image unfit.',
    tex: `\\sqrt{\\sum_i (${U} - ${H})^2}`,
    row: 'euclidean',
    wgsl: /EUCLIDEAN/,
    reference: minkowskis,
  }),
  measureCard({
    id: 'minkowski',
    title: 'Minkowski',
    why: 'The exponent decides how much the largest differences count: 1 is Manhattan’s, 2 Euclid’s.',
    tex: `\\Big(\\sum_i |${U} - ${H}|^{\\term{p}{p}}\\Big)^{1/p}`,
    row: 'minkowski',
    wgsl: /MINKOWSKI/,
    reference: minkowskis,
    terms: [p],
  }),
  measureCard({
    id: 'chebyshev',
    title: 'Chebyshev',
    why: 'It looks at the single worst pixel, so most images come out nearly alike.',
    tex: `\\max_i |${U} - ${H}|`,
    row: 'chebyshev',
    reference: { text: 'The limit p → ∞ of Minkowski’s measure' },
  }),
  measureCard({
    id: 'earth-mover',
    title: 'Earth mover',
    why: 'It compares how much ink there is, not where: sorted, a 1 and a 7 may be the same.',
    tex: `\\tfrac1d \\sum_i |\\term{u}{u_{k(i)}} - \\term{h}{h_{(i)}}|`,
    row: 'earthMover',
    wgsl: /EARTH_MOVER/,
    reference: {
      text: 'Vallender 1974: Wasserstein’s distance in one dimension, here between grey values whose places are ignored',
    },
  }),
  measureCard({
    id: 'canberra',
    title: 'Canberra',
    why: 'Differences count relative to the ink that is there, so faint pixels weigh as much as bold ones.',
    tex: `\\sum_i \\frac{|${U} - ${H}|}{|u_{ki}| + |h_i|}`,
    row: 'canberra',
    wgsl: /CANBERRA/,
    reference: { text: 'Lance & Williams 1967' },
  }),
  measureCard({
    id: 'bray-curtis',
    title: 'Bray–Curtis',
    why: 'It is the share of ink in which image and heat map differ, between 0 and 1.',
    tex: `\\frac{\\sum_i |${U} - ${H}|}{\\sum_i |u_{ki} + h_i|}`,
    row: 'brayCurtis',
    wgsl: /BRAY_CURTIS/,
    reference: { text: 'Bray & Curtis 1957' },
  }),
  bhattacharyya,
];
