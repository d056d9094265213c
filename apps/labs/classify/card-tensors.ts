/** The live tensors of the math cards, from the picture that is looked at. */
import type { LiveTensor } from '../../components/math-card/element.ts';
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
  'softmax',
  'cross-entropy',
  'double-softmax',
  'adam',
  'sgd-momentum',
]);

function live(name: string, symbol: string, of: LookedAt | null): LiveTensor[] {
  if (!of) return [];
  const image = of.shape.length === 3;
  const layout = of.shape.length === 4 ? 'hwio' : image ? 'nhwc' : 'matrix';
  return [{ name, symbol, shape: image ? [1, ...of.shape] : of.shape, data: of.data, layout }];
}

const ofLayer = ({ path, activation, activationGradient, weight, weightGradient }: LayerView, symbol: string): LiveTensor[] => [
  ...live(`${path}: weights`, symbol, weight),
  ...live(`${path}: output`, 'y', activation),
  ...live(`${path}: ∂L/∂y`, 'dy', activationGradient),
  ...live(`${path}: ∂L/∂w`, 'dw', weightGradient),
];

/** @param inspection null before the reader has chosen a picture */
export function tensorsOf(card: string, inspection: Inspection | null): readonly LiveTensor[] {
  if (!inspection) return [];
  const { layers, probabilities, scores } = inspection;
  const first = (type: string) => layers.find((layer) => layer.type === type);
  const last = layers.findLast(({ type }) => type === 'linear');
  const classes = [probabilities.length];
  if (card.startsWith('conv2d')) {
    const layer = first('conv2d');
    return layer ? ofLayer(layer, 'w') : [];
  }
  if (card.startsWith('linear') || card === 'adam' || card === 'sgd-momentum') return last ? ofLayer(last, 'W') : [];
  const simple = { 'max-pool': 'maxpool2d', 'batch-norm': 'batchnorm2d', relu: 'relu', residual: 'residual' }[card];
  if (simple) return live(`${simple}: output`, 'y', first(simple)?.activation ?? null);
  if (card === 'softmax' || card === 'cross-entropy' || card === 'double-softmax') {
    return [
      { name: 'logits', symbol: 'z', shape: classes, data: scores, layout: 'matrix' },
      { name: 'probabilities', symbol: 'p', shape: classes, data: probabilities, layout: 'matrix' },
    ];
  }
  return [];
}
