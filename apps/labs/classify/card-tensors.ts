/** The live tensors of the math cards, from the picture that is looked at, and the cards that can be verified. */
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
  'relu',
  'dropout',
  'softmax',
  'cross-entropy',
  'double-softmax',
  'adam',
  'sgd-momentum',
  'weight-decay',
]);

function live(name: string, symbol: string, terms: readonly TermRef[], of: LookedAt | null | undefined): LiveTensor[] {
  if (!of) return [];
  const image = of.shape.length === 3;
  const layout = of.shape.length === 4 ? 'hwio' : image ? 'nhwc' : 'matrix';
  return [{ name, symbol, terms, shape: image ? [1, ...of.shape] : of.shape, data: of.data, layout }];
}

/** The terms of a layer's tensors: weights, output, and the gradients of both. */
type LayerTerms = Readonly<Record<'w' | 'y' | 'dy' | 'dw', readonly TermRef[]>>;

const CONVOLUTION: LayerTerms = {
  w: ['conv2d/w', 'conv2d-input-gradient/w'],
  y: ['conv2d/y'],
  dy: ['conv2d-input-gradient/dy', 'conv2d-weight-gradient/dy'],
  dw: ['conv2d-weight-gradient/dw'],
};
const LINEAR: LayerTerms = {
  w: ['linear/b', 'linear-input-gradient/b', 'adam/theta', 'sgd-momentum/theta', 'weight-decay/theta'],
  y: ['linear/y'],
  dy: ['linear-input-gradient/a', 'linear-weight-gradient/b'],
  dw: ['linear-weight-gradient/y', 'adam/g', 'sgd-momentum/g', 'weight-decay/g'],
};

const ofLayer = (layer: LayerView | undefined, symbol: string, terms: LayerTerms): LiveTensor[] =>
  layer
    ? [
        ...live(`${layer.path}: weights`, symbol, terms.w, layer.weight),
        ...live(`${layer.path}: output`, 'y', terms.y, layer.activation),
        ...live(`${layer.path}: ∂L/∂y`, 'dy', terms.dy, layer.activationGradient),
        ...live(`${layer.path}: ∂L/∂w`, 'dw', terms.dw, layer.weightGradient),
      ]
    : [];

export function liveTensors({ layers, probabilities, scores }: Inspection): readonly LiveTensor[] {
  const first = (type: string) => layers.find((layer) => layer.type === type);
  const classes = [probabilities.length];
  const outputs: readonly (readonly [string, TermRef])[] = [
    ['maxpool2d', 'max-pool/y'],
    ['batchnorm2d', 'batch-norm/y'],
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
