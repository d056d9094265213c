/** The live tensors of the math cards, from the picture that is looked at, and the cards that can be verified. */
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { TermRef } from '../../runtime/schema.ts';
import type { Inspection, LayerView, LookedAt } from './requests.ts';

/** Cards whose *Verify* button the experiment answers. */
export const verifiable: ReadonlySet<string> = new Set([
  'linear',
  'linear-input-gradient',
  'linear-weight-gradient',
  'conv2d',
  'conv2d-input-gradient',
  'conv2d-weight-gradient',
  'max-pool',
  'max-pool-gradient',
  'global-average-pool',
  'batch-norm',
  'batch-norm-gradient',
  'residual',
  'relu',
  'dropout',
  'softmax',
  'cross-entropy',
  'double-softmax',
  'adam',
  'sgd',
  'sgd-momentum',
  'weight-decay',
]);

/** The layer without which a card has nothing to compare. */
const NEEDED: Readonly<Record<string, string>> = {
  'batch-norm': 'batchnorm',
  'batch-norm-gradient': 'batchnorm',
  conv2d: 'conv2d',
  'conv2d-input-gradient': 'conv2d',
  'conv2d-weight-gradient': 'conv2d',
  residual: 'residual',
};

/** Whether a card can be verified on a network. */
export function verifiableOn(card: string, network: NetworkDefinition): boolean {
  const needed = NEEDED[card];
  return verifiable.has(card) && (needed === undefined || network.some(({ type }) => type.startsWith(needed)));
}

function live(name: string, symbol: string, terms: readonly TermRef[], of: LookedAt | null | undefined): LiveTensor[] {
  if (!of) return [];
  const image = of.shape.length === 3;
  const layout = of.shape.length === 4 ? 'hwio' : image ? 'nhwc' : 'matrix';
  return [{ name, symbol, terms, shape: image ? [1, ...of.shape] : of.shape, data: of.data, layout }];
}

/** The terms of a layer's tensors: weights, output, and the gradients of both. */
type LayerTerms = Readonly<Record<'w' | 'y' | 'gy' | 'gw', readonly TermRef[]>>;

const CONVOLUTION: LayerTerms = {
  w: ['conv2d/w', 'conv2d-input-gradient/w'],
  y: ['conv2d/y'],
  gy: ['conv2d-input-gradient/gy', 'conv2d-weight-gradient/gy'],
  gw: ['conv2d-weight-gradient/gw'],
};
const LINEAR: LayerTerms = {
  w: ['linear/b', 'linear-input-gradient/b', 'adam/theta', 'sgd/theta', 'sgd-momentum/theta', 'weight-decay/theta'],
  y: ['linear/y'],
  gy: ['linear-input-gradient/a', 'linear-weight-gradient/b'],
  gw: ['linear-weight-gradient/y', 'adam/g', 'sgd/g', 'sgd-momentum/g', 'weight-decay/g'],
};

const ofLayer = (layer: LayerView | undefined, symbol: string, terms: LayerTerms): LiveTensor[] =>
  layer
    ? [
        ...live(`${layer.path}: weights`, symbol, terms.w, layer.weight),
        ...live(`${layer.path}: output`, 'y', terms.y, layer.activation),
        ...live(`${layer.path}: ∂L/∂y`, 'gy', terms.gy, layer.activationGradient),
        ...live(`${layer.path}: ∂L/∂w`, 'gw', terms.gw, layer.weightGradient),
      ]
    : [];

export function liveTensors({ layers, probabilities, scores }: Inspection): readonly LiveTensor[] {
  const first = (type: string) => layers.find((layer) => layer.type === type);
  const classes = [probabilities.length];
  const outputs: readonly (readonly [string, TermRef])[] = [
    ['maxpool2d', 'max-pool/y'],
    ['globalavgpool2d', 'global-average-pool/y'],
    ['batchnorm2d', 'batch-norm/y'],
    ['batchnorm1d', 'batch-norm/y'],
    ['relu', 'relu/y'],
    ['dropout', 'dropout/y'],
    ['residual', 'residual/add'],
  ];
  return [
    ...ofLayer(first('conv2d'), 'w', CONVOLUTION),
    ...ofLayer(
      layers.findLast(({ type }) => type === 'linear'),
      'W',
      LINEAR,
    ),
    ...outputs.flatMap(([type, term]) => live(`${type}: output`, 'y', [term], first(type)?.activation)),
    { name: 'logits', symbol: 'z', terms: ['softmax/x', 'cross-entropy/x'], shape: classes, data: scores, layout: 'matrix' },
    {
      name: 'probabilities',
      symbol: 'p',
      terms: ['softmax/y', 'double-softmax/y'],
      shape: classes,
      data: probabilities,
      layout: 'matrix',
    },
  ];
}
