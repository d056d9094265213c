import type { MathCard } from '../card.ts';

const reference = (equations: string) => ({
  text: `van der Maaten & Hinton 2008, ${equations}`,
  url: 'https://www.jmlr.org/papers/v9/vandermaaten08a.html',
});
const indices = [
  { symbol: 'i, j', meaning: 'points' },
  { symbol: 'x', meaning: 'a point where it comes from (pixels, a layer)' },
  { symbol: 'y', meaning: 'its place on the map' },
];
const kernelOfMap = {
  id: 'w',
  label: 'Student kernel',
  symbol: 'w',
  description: 'Heavy tails: points that are moderately far apart may be far apart on the map.',
};

export const tsneAffinities: MathCard = {
  id: 'tsne-affinities',
  title: 't-SNE: affinities',
  why: 'Distances in the data become shares of attention, so that dense and sparse regions have as many neighbours.',
  tex: [
    '\\term{p}{p_{j|i}} = \\frac{\\term{e}{e^{-\\beta_i d_{ij}}}}{\\term{z}{\\sum_{k \\ne i} e^{-\\beta_i d_{ik}}}},\\qquad \\term{d}{d_{ij}} = \\lVert x_i - x_j\\rVert^2,\\qquad \\term{beta}{\\beta_i} = \\frac{1}{2\\sigma_i^2}',
    '\\term{entropy}{H(P_i) = \\ln z + \\beta_i \\langle d \\rangle} = \\ln \\term{perplexity}{\\mathrm{Perp}}',
  ],
  reference: reference('eq. 1'),
  indices,
  terms: [
    {
      id: 'p',
      label: 'affinity',
      symbol: 'p',
      description: 'How much point i counts j among its neighbours; made symmetric afterwards.',
      code: 'p',
    },
    {
      id: 'e',
      label: 'Gaussian',
      symbol: 'e⁻ᵝᵈ',
      description: 'Of the distance beyond the nearest, in units of the mean: the ratio is the same, and nothing underflows.',
      code: /(Math\.)?exp\(-b \* u\)/,
    },
    { id: 'z', label: 'normaliser', symbol: 'z', description: 'Over all neighbours; the point itself is left out.', code: 'z' },
    { id: 'd', label: 'squared distance', symbol: 'd', description: 'In the space the points come from.', code: ['d', 'near'] },
    {
      id: 'beta',
      label: 'precision',
      symbol: 'β',
      description: 'Found by bisection for every point: the larger, the narrower its Gaussian.',
      code: ['b', 'beta'],
    },
    {
      id: 'entropy',
      label: 'entropy',
      symbol: 'H',
      description: 'Its exponential is the effective number of neighbours.',
      code: /(Math\.)?log\(z\) \+ \(?b \* moment\)? \/ z/,
    },
    {
      id: 'perplexity',
      label: 'perplexity',
      symbol: 'Perp',
      description: 'The number of neighbours that each point shall have.',
      code: { typescript: 'perplexity', wgsl: 'params.perplexity' },
    },
  ],
  typescript: [{ file: 'engine/kernels/tsne-affinities.ts', parts: ['tsneSearch.reference'] }],
  wgsl: [{ file: 'shaders/tsne-affinities.wgsl', parts: ['search'], label: 'search' }],
};

export const tsneForces: MathCard = {
  id: 'tsne-forces',
  title: 't-SNE: the two forces',
  why: 'The map is where two forces balance: neighbours pull each other together, and everything pushes everything apart.',
  tex: [
    'q_{ij} = \\frac{\\term{w}{w_{ij}}}{\\term{Z}{Z}},\\qquad w_{ij} = \\frac{1}{1 + \\lVert \\term{y}{y_i - y_j} \\rVert^2},\\qquad Z = \\sum_{k \\ne l} w_{kl}',
    '\\term{pull}{\\mathrm{pull}_i} = \\sum_j \\term{p}{p_{ij}}\\, w_{ij}\\,(y_i - y_j),\\qquad \\term{push}{\\mathrm{push}_i} = \\sum_{j\\ne i} \\term{w2}{w_{ij}^2}\\,(y_i - y_j)',
  ],
  reference: reference('eq. 4 and 5'),
  indices,
  terms: [
    { ...kernelOfMap, code: 'w' },
    {
      id: 'Z',
      label: 'normaliser',
      symbol: 'Z',
      description: 'Each point adds its own row; the rows are summed afterwards.',
      code: { typescript: 'sum', wgsl: 'z' },
    },
    {
      id: 'y',
      label: 'map positions',
      symbol: 'y',
      description: 'Two numbers per point.',
      code: { typescript: ['y', 'dx', 'dy', 'pairOf'], wgsl: ['y', 'xi', 'yi', 'e', 'dx', 'dy', 'ex', 'ey'] },
    },
    {
      id: 'pull',
      label: 'attraction',
      symbol: 'pull',
      description: 'Neighbours draw each other near.',
      code: { typescript: 'pull', wgsl: ['pull', 'attract'] },
    },
    { id: 'p', label: 'affinities', symbol: 'p', description: 'Symmetric, fixed before the first step.', code: ['p', 'joint'] },
    {
      id: 'push',
      label: 'repulsion',
      symbol: 'push',
      description: 'All pairs push each other apart.',
      code: { typescript: 'push', wgsl: ['push', 'repel'] },
    },
    {
      id: 'w2',
      label: 'squared kernel',
      symbol: 'w²',
      description: 'The kernel, times what its derivative leaves.',
      code: /w \* w/,
    },
  ],
  typescript: [{ file: 'engine/kernels/tsne.ts', parts: ['pairOf', 'repulsionReference', 'tsneForces.reference'] }],
  wgsl: [
    { file: 'shaders/tsne-dense.wgsl', parts: ['slices', 'combine'], label: 'both, all pairs' },
    { file: 'shaders/ladders/tsne/1-naive.wgsl', label: 'repulsion, naive', terms: ['w', 'y', 'push', 'w2'] },
    { file: 'shaders/tsne-sparse.wgsl', parts: ['attraction'], label: 'attraction, nearest only', terms: ['y', 'p', 'pull'] },
  ],
};

export const tsneDivergence: MathCard = {
  id: 'tsne-divergence',
  title: 't-SNE: what it lowers',
  why: 'One number says how much of the neighbourhoods is lost on the map: this is what falls while it forms.',
  tex: [
    'C = \\sum_{i \\ne j} \\term{p}{p_{ij}}\\, \\term{log}{\\ln} \\frac{p_{ij}}{q_{ij}},\\qquad q_{ij} = \\frac{\\term{w}{w_{ij}}}{\\term{Z}{Z}}',
  ],
  reference: reference('eq. 2'),
  indices,
  terms: [
    {
      id: 'p',
      label: 'affinities',
      symbol: 'p',
      description: 'Without exaggeration, also while it lasts.',
      code: ['p', 'joint'],
    },
    {
      id: 'log',
      label: 'logarithm',
      symbol: 'ln',
      description: 'A near neighbour (large p) that is far on the map (small q) costs much, the reverse little.',
      code: /(Math\.)?log/,
    },
    { ...kernelOfMap, code: { typescript: ['w', 'pairOf'], wgsl: /1\.0 \+ dot\(difference, difference\)/ } },
    { id: 'Z', label: 'normaliser', symbol: 'Z', description: 'The sum of w over all pairs.', code: ['Z', 'total'] },
  ],
  typescript: [{ file: 'engine/kernels/tsne.ts', parts: ['pairOf', 'tsneDenseDivergence.reference'] }],
  wgsl: [{ file: 'shaders/tsne-dense.wgsl', parts: ['divergence'], label: 'divergence' }],
};

export const tsneUpdate: MathCard = {
  id: 'tsne-update',
  title: 't-SNE: gradient and step',
  why: 'It says how each point moves in a step, and why the size of the step decides whether the map forms.',
  tex: [
    '\\term{g}{g} = \\frac{\\partial C}{\\partial y_i} = 4\\Big(\\term{exaggeration}{\\epsilon}\\, \\term{pull}{\\mathrm{pull}_i} - \\frac{1}{\\term{Z}{Z}}\\, \\term{push}{\\mathrm{push}_i}\\Big)',
    '\\term{v}{v} \\leftarrow \\term{mu}{\\mu}\\, v - \\term{eta}{\\eta}\\, \\term{gain}{k} \\odot g,\\qquad \\term{y}{y} \\leftarrow y + v',
    'k \\leftarrow \\max\\big(\\term{differ}{k + 0.2\\ \\text{where}\\ \\operatorname{sign} g \\ne \\operatorname{sign} v,\\ \\text{else}\\ 0.8\\,k},\\ 0.01\\big)',
  ],
  reference: reference('eq. 5 and §3.4; Jacobs 1988 for the gains'),
  indices,
  terms: [
    { id: 'g', label: 'gradient', symbol: 'g', description: 'Where the point would move to, times −1.', code: ['g', 'gradient'] },
    {
      id: 'exaggeration',
      label: 'early exaggeration',
      symbol: 'ε',
      description: 'Multiplies the attraction in the first iterations, so that clusters find room.',
      code: { typescript: 'exaggeration', wgsl: /hyper\[0\]/ },
    },
    { id: 'pull', label: 'attraction', symbol: 'pull', description: 'From the kernel before.', code: 'pull' },
    { id: 'Z', label: 'normaliser', symbol: 'Z', description: 'The sum of w over all pairs.', code: 'Z' },
    { id: 'push', label: 'repulsion', symbol: 'push', description: 'From the kernel before.', code: 'push' },
    { id: 'v', label: 'velocity', symbol: 'v', description: 'Kept from step to step.', code: ['v', 'velocity', 'next'] },
    {
      id: 'mu',
      label: 'momentum',
      symbol: 'μ',
      description: '0.5 at first, then 0.8.',
      code: { typescript: 'momentum', wgsl: /hyper\[2\]/ },
    },
    {
      id: 'eta',
      label: 'learning rate',
      symbol: 'η',
      description: 'Data of the kernel, so that it may change while it runs.',
      code: { typescript: 'rate', wgsl: /hyper\[1\]/ },
    },
    { id: 'gain', label: 'gain', symbol: 'k', description: 'One per coordinate.', code: ['k', 'gain'] },
    { id: 'y', label: 'position', symbol: 'y', description: 'On the map.', code: 'position' },
    {
      id: 'differ',
      label: 'sign test',
      symbol: 'sign',
      description: 'Signs that differ mean that the step goes on downhill: the gain grows.',
      code: 'differ',
    },
  ],
  typescript: [{ file: 'engine/kernels/tsne.ts', parts: ['tsneUpdate.reference'] }],
  wgsl: [{ file: 'shaders/tsne-update.wgsl', parts: ['update'], label: 'update' }],
};

export const cards = [tsneAffinities, tsneForces, tsneDivergence, tsneUpdate];
