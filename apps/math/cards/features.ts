import type { MathCard } from '../card.ts';

const olah2017 = (what: string) => ({
  text: `Olah, Mordvintsev & Schubert 2017, ${what}`,
  url: 'https://distill.pub/2017/feature-visualization/',
});
const olah2018 = (what: string) => ({ text: `Olah et al. 2018, ${what}`, url: 'https://distill.pub/2018/building-blocks/' });

export const featureObjective: MathCard = {
  id: 'feature-objective',
  title: 'Feature visualisation: what is climbed',
  why: 'This is what is climbed: the picture is changed until the chosen part of the network answers most.',
  tex: [
    '\\term{x}{x} \\leftarrow \\term{ascent}{\\mathrm{Adam}}\\Big({+}\\,\\nabla_x \\sum_b \\term{value}{f(x_b)}\\Big),\\qquad \\term{weights}{f = \\sum_i w_i f_i}',
    'f_{\\text{channel}} = \\term{mean}{\\tfrac{1}{HW}\\sum_{ij}} \\term{A}{A_{ijk}},\\qquad f_{\\text{direction}} = \\tfrac{1}{HW}\\sum_{ij} \\term{dot}{\\langle A_{ij}, v\\rangle},\\qquad f_{\\text{deep dream}} = \\term{dream}{\\mathrm{mean}(A^2)}',
  ],
  reference: olah2017('“The enemy of feature visualization”'),
  indices: [
    { symbol: 'b', meaning: 'image of the batch' },
    { symbol: 'i, j', meaning: 'position in the maps' },
    { symbol: 'k', meaning: 'channel' },
  ],
  terms: [
    {
      id: 'x',
      label: 'image',
      symbol: 'x',
      description: 'What is optimised: [B, H, W, 3], written in some basis.',
      code: ['image', 'look'],
    },
    {
      id: 'ascent',
      label: 'ascent',
      symbol: 'Adam',
      description: 'A step down the negative objective. The network’s weights stay as they are.',
      code: ['neg', 'grad'],
    },
    { id: 'value', label: 'objective', symbol: 'f', description: 'One number for each image.', code: ['objective', 'values'] },
    {
      id: 'weights',
      label: 'sum of terms',
      symbol: 'w',
      description: 'A weight of −1 climbs down: the negative of a feature, or the difference of two.',
      code: ['weight', 'parts'],
    },
    {
      id: 'mean',
      label: 'mean over positions',
      symbol: 'mean',
      description: 'Everywhere alike: the image becomes a texture of the feature.',
      code: 'perImage',
    },
    {
      id: 'A',
      label: 'activations',
      symbol: 'A',
      description: 'What the layer puts out, [B, H, W, C].',
      code: ['A', /look\.layer/],
    },
    {
      id: 'dot',
      label: 'product with a direction',
      symbol: '⟨A, v⟩',
      description: 'Channels hang together in groups; a direction asks for a mixture of them.',
      code: ['dot', 'along'],
    },
    { id: 'dream', label: 'deep dream', symbol: 'A²', description: 'More of whatever is there already.', code: 'square' },
  ],
  typescript: [
    {
      file: 'engine/explain/features/objectives.ts',
      parts: ['perImage', 'channelObjective', 'deepDreamObjective', 'along', 'directionObjective', 'weightedObjective'],
      label: 'objectives',
      terms: ['value', 'weights', 'mean', 'A', 'dot', 'dream'],
    },
    { file: 'engine/explain/features/visualise.ts', parts: ['Run'], label: 'one step', terms: ['x', 'ascent', 'value'] },
  ],
};

export const fourierParametrisation: MathCard = {
  id: 'fourier-image',
  title: 'An image as frequencies',
  why: 'A step moves large waves as easily as small ones, so that shapes come before noise.',
  tex: [
    '\\term{scale}{s_{k}} = \\frac{\\sqrt{hw}}{\\max(\\term{f}{f_k}, 1/\\max(h, w))},\\qquad \\term{f}{f_k = \\sqrt{f_x^2 + f_y^2}}',
    't = \\tfrac14\\, \\term{idft}{\\mathcal{F}^{-1}}\\big(s_k\\,\\term{spectrum}{(R_k + i I_k)}\\big),\\qquad x = \\term{sigmoid}{\\sigma}\\big(\\term{colour}{M}\\, t\\big)',
  ],
  reference: olah2017('“Preconditioning and parameterization”'),
  indices: [{ symbol: 'k', meaning: 'frequency of the half spectrum' }],
  terms: [
    {
      id: 'scale',
      label: 'scale of a frequency',
      symbol: 's',
      description: 'Large waves get large steps: natural images hold equal energy in every octave.',
      code: ['frequencyScale', 'scale'],
    },
    {
      id: 'f',
      label: 'frequency',
      symbol: 'f',
      description: 'In cycles per pixel, ½ at most along an axis.',
      code: ['f', 'cycles'],
    },
    {
      id: 'idft',
      label: 'inverse Fourier transform',
      symbol: 'F⁻¹',
      description: 'Of a real image from half of its spectrum.',
      code: 'inverseRealDft2',
    },
    {
      id: 'spectrum',
      label: 'spectrum',
      symbol: 'R + iI',
      description: 'What Adam moves: [N, h, w/2 + 1, C, 2].',
      code: 'spectrum',
    },
    { id: 'sigmoid', label: 'sigmoid', symbol: 'σ', description: 'Keeps pixels in [0, 1].', code: ['sigmoid', 'squash'] },
    {
      id: 'colour',
      label: 'decorrelated colour',
      symbol: 'M',
      description: 'Steps move brightness, blue–yellow and red–green, which vary independently in photographs.',
      code: ['correlateColour', 'colourTable'],
    },
  ],
  typescript: [
    {
      file: 'engine/explain/features/image-parameters.ts',
      parts: ['colourTable', 'correlateColour', 'squash', 'frequencyScale', 'fourierImage'],
    },
  ],
};

export const featurePenalties: MathCard = {
  id: 'feature-penalties',
  title: 'Penalties against noise',
  why: 'They put a price on what photographs do not have: glaring pixels, and neighbours that differ.',
  tex: [
    'f(x) - \\term{l1}{\\lambda_1} \\term{absolute}{\\sum |x - \\tfrac12|} - \\term{tv}{\\lambda_{TV}}\\, \\term{variation}{\\sum |x_{i+1,j} - x_{ij}| + |x_{i,j+1} - x_{ij}|} - \\term{blur}{\\lambda_b}\\, \\term{smooth}{\\tfrac12 \\sum (x - \\bar{x})^2}',
  ],
  reference: olah2017('“Frequency penalization”'),
  indices: [{ symbol: 'i, j', meaning: 'pixel' }],
  terms: [
    { id: 'l1', label: 'weight of L1', symbol: 'λ_1', description: 'Article: 0.05.', code: /config\.l1/ },
    {
      id: 'absolute',
      label: 'distance from grey',
      symbol: '|x − ½|',
      description: 'What the objective does not need goes back to mid grey.',
      code: ['l1Penalty', /'l1'/],
    },
    { id: 'tv', label: 'weight of the total variation', symbol: 'λ_TV', description: 'Article: 0.25.', code: /config\.tv/ },
    {
      id: 'variation',
      label: 'total variation',
      symbol: 'TV',
      description: 'Neighbours shall be equal, but an edge costs no more than a slope.',
      code: ['totalVariation', 'down', 'right', /'totalVariation'/],
    },
    { id: 'blur', label: 'weight of the blur', symbol: 'λ_b', description: 'Article: 1.', code: /config\.blur/ },
    {
      id: 'smooth',
      label: 'distance from the blurred image',
      symbol: '(x − x̄)²',
      description: 'x̄ is the image blurred over 3 × 3 pixels, taken as constant.',
      code: ['blurPenalty', 'blur', /'blur'/],
    },
  ],
  typescript: [
    {
      file: 'engine/explain/features/penalties.ts',
      parts: ['totalVariation', 'l1Penalty', 'blur', 'blurPenalty'],
      label: 'penalties',
      terms: ['absolute', 'variation', 'smooth'],
    },
    {
      file: 'apps/labs/features/visualisation.ts',
      parts: ['Comparison.climb'],
      label: 'their weights',
      terms: ['l1', 'tv', 'blur'],
    },
  ],
};

export const transformationRobustness: MathCard = {
  id: 'transformation-robustness',
  title: 'Transformation robustness',
  why: 'A picture that must work shifted and turned cannot be made of noise at single pixels.',
  tex: [
    '\\max_x\\; \\mathbb{E}_{\\term{M}{M}}\\, f\\big(\\term{warp}{x \\circ M}\\big),\\qquad \\begin{pmatrix} \\term{column}{c} \\\\ \\term{row}{r} \\end{pmatrix} = \\begin{pmatrix} a & b & c_0 \\\\ d & e & f_0 \\end{pmatrix} \\begin{pmatrix} q \\\\ p \\\\ 1\\end{pmatrix}',
  ],
  reference: olah2017('“Transformation robustness”'),
  indices: [{ symbol: 'q, p', meaning: 'column and row of a pixel that the network sees' }],
  terms: [
    { id: 'M', label: 'matrix', symbol: 'M', description: 'Shift, scale and turn, drawn anew in each step.', code: 'matrix' },
    {
      id: 'warp',
      label: 'warped image',
      symbol: 'x∘M',
      description: 'Bilinear; beyond the image everything is grey.',
      code: 'y',
    },
    { id: 'column', label: 'column in the image', symbol: 'c', description: 'That the pixel shows.', code: 'column' },
    { id: 'row', label: 'row in the image', symbol: 'r', description: 'That the pixel shows.', code: 'row' },
  ],
  typescript: [{ file: 'engine/kernels/affine-warp.ts', parts: ['forEachTap', 'affineWarp.reference'] }],
  wgsl: [{ file: 'shaders/affine-warp.wgsl', parts: ['affineOf', 'source', 'pixel', 'naive'] }],
};

export const nonNegativeFactors: MathCard = {
  id: 'nmf',
  title: 'Neuron groups',
  why: 'Hundreds of channels become a few groups that light up together, so that one look at the picture is enough.',
  tex: [
    '\\term{V}{V} \\approx \\term{W}{W} \\term{B}{B},\\qquad B \\leftarrow B \\odot \\frac{\\term{numeratorB}{W^{\\top} V}}{\\term{denominatorB}{W^{\\top} W B} + \\term{epsilon}{\\epsilon}},\\qquad W \\leftarrow W \\odot \\frac{\\term{numeratorW}{V B^{\\top}}}{\\term{denominatorW}{W B B^{\\top}} + \\epsilon}',
  ],
  reference: {
    text: 'Lee & Seung 2001, theorem 1',
    url: 'https://papers.nips.cc/paper/1861-algorithms-for-non-negative-matrix-factorization',
  },
  indices: [],
  terms: [
    {
      id: 'V',
      label: 'activations',
      symbol: 'V',
      description: 'One row for each position, one column for each channel: [HW, C], nothing negative.',
      code: 'V',
    },
    {
      id: 'W',
      label: 'where',
      symbol: 'W',
      description: 'How much of each group is at each position: [HW, r].',
      code: ['W', 'nextW'],
    },
    { id: 'B', label: 'what', symbol: 'B', description: 'Which channels make a group: [r, C].', code: ['B', 'nextB'] },
    {
      id: 'numeratorB',
      label: 'pull',
      symbol: 'WᵀV',
      description: 'Where V is larger than WB, the factor is above 1.',
      code: 'numeratorB',
    },
    { id: 'denominatorB', label: 'push', symbol: 'WᵀWB', description: 'What is there already.', code: 'denominatorB' },
    { id: 'epsilon', label: 'epsilon', symbol: 'ε', description: 'Against division by zero.', code: 'epsilon' },
    { id: 'numeratorW', label: 'pull', symbol: 'VBᵀ', description: 'The same for W, with the new B.', code: 'numeratorW' },
    { id: 'denominatorW', label: 'push', symbol: 'WBBᵀ', description: 'What is there already.', code: 'denominatorW' },
  ],
  typescript: [{ file: 'engine/explain/nmf.ts', parts: ['nmfUpdate'] }],
};

export const inLayerAttribution: MathCard = {
  id: 'layer-attribution',
  title: 'Attribution inside a network',
  why: 'It says how much each place and each channel of a layer speaks for one class rather than another.',
  tex: [
    '\\term{G}{G} = \\frac{\\partial S_c}{\\partial \\term{A}{A}},\\qquad \\term{spatial}{a_{ij}} = \\sum_k A_{ijk} G_{ijk},\\qquad \\term{channel}{a_k} = \\sum_{ij} A_{ijk} G_{ijk}',
    '\\text{path: } a_k = \\sum_{ij} A_{ijk}\\, \\tfrac{1}{\\term{points}{N}} \\sum_{n=0}^{N-1} G_{ijk}\\big(\\term{point}{\\tfrac{n}{N} A}\\big)',
  ],
  reference: olah2018('“What does the network see?”'),
  indices: [
    { symbol: 'i, j', meaning: 'position' },
    { symbol: 'k', meaning: 'channel' },
    { symbol: 'c', meaning: 'class' },
    { symbol: 'n', meaning: 'point of the path' },
  ],
  terms: [
    {
      id: 'G',
      label: 'gradient',
      symbol: 'G',
      description: 'Of the logit with respect to the layer’s output.',
      code: 'gradient',
    },
    { id: 'A', label: 'activations', symbol: 'A', description: 'Of the layer: [H, W, C].', code: 'activation' },
    {
      id: 'spatial',
      label: 'of a position',
      symbol: 'a_ij',
      description: 'Its part of the logit, to first order.',
      code: 'spatialAttribution',
    },
    {
      id: 'channel',
      label: 'of a channel',
      symbol: 'a_k',
      description: 'Its part of the logit, to first order.',
      code: ['channelAttribution', 'overPositions'],
    },
    {
      id: 'points',
      label: 'points of the path',
      symbol: 'N',
      description: 'Each is a pass through the rest of the network and back.',
      code: 'steps',
    },
    {
      id: 'point',
      label: 'point of the path',
      symbol: 'nA/N',
      description: 'The layer’s output, turned up from nothing.',
      code: 'point',
    },
  ],
  typescript: [
    {
      file: 'engine/explain/layer-attribution.ts',
      parts: ['spatialAttribution', 'overPositions', 'channelAttribution', 'channelAttributionPath'],
    },
  ],
};

export const cards = [
  featureObjective,
  fourierParametrisation,
  featurePenalties,
  transformationRobustness,
  nonNegativeFactors,
  inLayerAttribution,
];
