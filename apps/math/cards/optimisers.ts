import type { MathCard } from '../card.ts';

const gradient = (typescript: string | readonly string[], wgsl: readonly (string | RegExp)[]) => ({
  id: 'g',
  label: 'gradient',
  symbol: 'g',
  description: '∂L/∂θ of this step, with λθ added where the decay is coupled.',
  code: { typescript, wgsl },
});
const theta = {
  id: 'theta',
  label: 'parameters',
  symbol: 'θ',
  description: 'All weights and biases of the network, in one stretch of memory: one dispatch moves them all.',
  code: { typescript: 'p', wgsl: ['p4', 'old'] },
};
const rate = (typescript: string, wgsl: readonly (string | RegExp)[], description: string) => ({
  id: 'eta',
  label: 'learning rate',
  symbol: 'η',
  description,
  code: { typescript, wgsl },
});

export const sgd: MathCard = {
  id: 'sgd',
  title: 'Gradient descent',
  why: 'The plainest way to learn: every weight goes a little against its gradient, and steep directions go first.',
  tex: ['\\term{theta}{\\theta} \\leftarrow \\theta - \\term{eta}{\\eta}\\,(\\term{g}{g} + \\term{lambda}{\\lambda}\\theta)'],
  reference: { text: 'Goodfellow, Bengio & Courville 2016, Deep Learning, algorithm 8.1' },
  terms: [
    gradient('g', ['g']),
    {
      id: 'lambda',
      label: 'weight decay',
      symbol: 'λ',
      description:
        'θ − ηλθ = (1 − ηλ)θ: for plain gradient descent, a penalty in the gradient and a decay of the step are one rule.',
      code: { typescript: ['weightDecay', /at\(hyper, 4\)/], wgsl: /sgdHyper\[4\]/ },
    },
    { ...theta, code: 'p' },
    rate('lr', [/sgdHyper\[0\]/], 'Data of the kernel, so that a recorded step can be replayed while it changes.'),
  ],
  typescript: [{ file: 'engine/kernels/optimizer.ts', parts: ['sgdHyper', 'sgd.reference'] }],
  wgsl: [{ file: 'shaders/optimizer.wgsl', parts: ['sgdNaive'], label: 'naive' }],
};

export const sgdMomentum: MathCard = {
  id: 'sgd-momentum',
  title: 'Gradient descent with momentum',
  why: 'Steps that agree add up and steps that contradict each other cancel, so training goes faster along a valley.',
  tex: [
    '\\term{b}{b} \\leftarrow \\term{mu}{\\mu}\\, b + \\term{g}{g} + \\term{lambda}{\\lambda}\\theta,\\qquad \\term{theta}{\\theta} \\leftarrow \\theta - \\term{eta}{\\eta}\\, b',
  ],
  reference: { text: 'Sutskever, Martens, Dahl & Hinton 2013; PyTorch’s form (the first step starts b with g)' },
  terms: [
    {
      id: 'b',
      label: 'momentum buffer',
      symbol: 'b',
      description: 'A decaying sum of gradients.',
      code: { typescript: 'b', wgsl: ['b4', 'momentum'] },
    },
    {
      id: 'mu',
      label: 'momentum',
      symbol: 'μ',
      description: 'How much of the last step stays.',
      code: { typescript: 'momentum', wgsl: ['decay', /hyper\[1\]/] },
    },
    gradient(['g', 'gradient'], ['g4', 'gradient']),
    {
      id: 'lambda',
      label: 'weight decay',
      symbol: 'λ',
      description: 'Pulls every parameter to zero.',
      code: { typescript: 'weightDecay', wgsl: ['weightDecay', /hyper\[4\]/] },
    },
    theta,
    rate('lr', ['lr', /hyper\[0\]/], 'Data of the kernel, so that a recorded step can be replayed while it changes.'),
  ],
  typescript: [{ file: 'engine/kernels/optimizer.ts', parts: ['sgdHyper', 'sgdMomentum.reference'] }],
  wgsl: [{ file: 'shaders/optimizer.wgsl', parts: ['momentumVectors'], label: 'vectors' }],
};

export const adam: MathCard = {
  id: 'adam',
  title: 'Adam',
  why: 'Each weight gets a step of about the learning rate, whether its gradient is large or small, so that all parts learn at once.',
  tex: [
    '\\term{m}{m} \\leftarrow \\term{beta1}{\\beta_1} m + (1-\\beta_1)\\,\\term{g}{g},\\qquad \\term{v}{v} \\leftarrow \\term{beta2}{\\beta_2} v + (1-\\beta_2)\\, g^2',
    '\\term{theta}{\\theta} \\leftarrow \\theta - \\term{eta}{\\frac{\\eta}{1-\\beta_1^t}}\\; \\frac{m}{\\sqrt{v}\\,/\\term{root}{\\sqrt{1-\\beta_2^t}} + \\term{epsilon}{\\epsilon}}',
  ],
  reference: { text: 'Kingma & Ba 2015, algorithm 1', url: 'https://arxiv.org/abs/1412.6980' },
  indices: [{ symbol: 't', meaning: 'number of the step, from 1' }],
  terms: [
    {
      id: 'm',
      label: 'first moment',
      symbol: 'm',
      description: 'Running mean of the gradients.',
      code: { typescript: 'm', wgsl: ['m4', 'first'] },
    },
    {
      id: 'beta1',
      label: 'memory of the mean',
      symbol: 'β_1',
      description: '0.9 by default.',
      code: { typescript: 'beta1', wgsl: ['beta1', /hyper\[1\]/] },
    },
    gradient(['g', 'gradient'], ['g4', 'gradient']),
    {
      id: 'v',
      label: 'second moment',
      symbol: 'v',
      description: 'Running mean of the squared gradients.',
      code: { typescript: 'v', wgsl: ['v4', 'second'] },
    },
    {
      id: 'beta2',
      label: 'memory of the squares',
      symbol: 'β_2',
      description: '0.999 by default.',
      code: { typescript: 'beta2', wgsl: ['beta2', /hyper\[3\]/] },
    },
    theta,
    rate(
      'stepSize',
      ['stepSize', /hyper\[0\]/],
      'Divided by 1 − β₁ᵗ, because m starts at zero; computed on the host for each step.',
    ),
    {
      id: 'root',
      label: 'bias correction',
      symbol: '√(1−β₂ᵗ)',
      description: 'The same for v; computed on the host for each step.',
      code: { typescript: 'rootCorrection', wgsl: ['rootCorrection', /hyper\[5\]/] },
    },
    {
      id: 'epsilon',
      label: 'epsilon',
      symbol: 'ε',
      description: 'Keeps the division finite; PyTorch adds it after, Keras before the correction.',
      code: { typescript: 'epsilon', wgsl: ['epsilon', /hyper\[6\]/] },
    },
  ],
  typescript: [{ file: 'engine/kernels/optimizer.ts', parts: ['adamHyper', 'adam.reference'] }],
  wgsl: [{ file: 'shaders/optimizer.wgsl', parts: ['adamVectors'], label: 'vectors' }],
};

export const weightDecay: MathCard = {
  id: 'weight-decay',
  title: 'Weight decay: in the gradient, or decoupled',
  why: 'It puts a price on large weights, and thereby on steep curves: what is not worth it goes away.',
  tex: [
    '\\tilde L = L + \\tfrac{\\lambda}{2} \\lVert\\theta\\rVert^2 \\;\\Rightarrow\\; \\term{g}{\\tilde g} = g + \\term{lambda}{\\lambda}\\,\\term{theta}{\\theta}',
    '\\text{decoupled:}\\quad \\theta \\leftarrow \\term{shrink}{(1 - \\eta\\lambda)}\\,\\theta - \\term{step}{\\eta\\, \\hat m / (\\sqrt{\\hat v} + \\epsilon)}',
  ],
  reference: { text: 'Krogh & Hertz 1991; Loshchilov & Hutter 2019 (AdamW)', url: 'https://arxiv.org/abs/1711.05101' },
  terms: [
    gradient('gradient', ['gradient']),
    {
      id: 'lambda',
      label: 'weight decay',
      symbol: 'λ',
      description:
        'In the gradient it is divided by √v with the rest, so weights with large gradients decay less. A penalty λ‖θ‖² without the ½ is twice as strong.',
      code: { typescript: 'weightDecay', wgsl: ['weightDecay', /hyper\[7\]/] },
    },
    theta,
    {
      id: 'shrink',
      label: 'decoupled shrinking',
      symbol: '1−ηλ',
      description: 'Every weight shrinks by the same share, whatever its gradient.',
      code: { typescript: 'shrink', wgsl: ['shrink', /hyper\[8\]/] },
    },
    {
      id: 'step',
      label: 'step',
      symbol: 'Δθ',
      description: 'Of Adam, without any decay in it.',
      code: { typescript: /\(stepSize \* at\(m, i\)\)/, wgsl: /(stepSize|hyper\[0\]) \* first/ },
    },
  ],
  typescript: [{ file: 'engine/kernels/optimizer.ts', parts: ['adam.reference'] }],
  wgsl: [{ file: 'shaders/optimizer.wgsl', parts: ['adamVectors'], label: 'vectors' }],
};

export const cards = [sgdMomentum, adam, weightDecay, sgd];
