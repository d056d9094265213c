/** Where the numbers come from that stand in the words of the controls: labels, help texts, names of choices. */
import { layersOf } from '../../../../apps/labs/adversarial/networks.ts';
import { schema as adversarial } from '../../../../apps/labs/adversarial/schema.ts';
import { networkOf } from '../../../../apps/labs/classify/networks.ts';
import { definition as classify } from '../../../../apps/labs/classify/schema.ts';
import { CLOTHES, NORMALISATION } from '../../../../apps/labs/denoise/mix.ts';
import { SMALL_SIDE } from '../../../../apps/labs/features/visualisation.ts';
import { MAP_SIDE, smallCnn } from '../../../../apps/labs/masktune/network.ts';
import { schema as masktune } from '../../../../apps/labs/masktune/schema.ts';
import { schema as regression } from '../../../../apps/labs/regression/schema.ts';
import { schema as saliency } from '../../../../apps/labs/saliency/schema.ts';
import { presetValues } from '../../../../apps/runtime/experiment.ts';
import type { NumberParameter } from '../../../../apps/runtime/schema.ts';
import { defaults } from '../../../../apps/runtime/schema.ts';
import { DATASETS } from '../../../../engine/data/catalog.ts';
import { ALL_PAIRS } from '../../../../engine/explain/neighbourhoods.ts';
import { TsneConvergence, tsneSchedules } from '../../../../engine/explain/tsne.ts';
import { SMALL_CNN } from '../../../../engine/nn/architectures.ts';
import type { LayerDefinition, NetworkDefinition } from '../../../../engine/nn/definition.ts';
import { describeNetwork } from '../../../../engine/nn/validate.ts';
import { get, type LabFacts, resultOf } from './claims.ts';

type Written = LabFacts['written'];

/** A value that a text tells the reader to try: the control takes it. */
function possible({ min, max }: NumberParameter, value: number): number {
  if (value < min || value > max) throw new Error(`${value} is not within ${min} … ${max}`);
  return value;
}

/** All layers of a network, also those inside others. */
function layersIn(network: NetworkDefinition): LayerDefinition[] {
  return network.flatMap((layer) => [layer, ...('layers' in layer ? layersIn(layer.layers) : [])]);
}

/** What the layers of a kind have as a number: their outputs, their kernels, their p. */
const numbersOf = (network: NetworkDefinition, type: LayerDefinition['type'], key: string): number[] =>
  layersIn(network).flatMap((layer) => {
    const value = (layer as unknown as Record<string, unknown>)[key];
    return layer.type === type && typeof value === 'number' ? [value] : [];
  });

function classifyControls(): Written {
  const dropoutOf = (network: 'skip-mlp' | 'cnn', type: 'dropout' | 'dropout2d') => {
    const config = { ...defaults(classify.schema), network };
    return get(numbersOf(networkOf(config, [32, 32, 3], 10), type, 'p')[0]);
  };
  const filters = 64;
  const mlp = defaults(classify.schema, presetValues(classify, 'LAB01 MLP'));
  return [
    ['30', 'LAB01 holds out', (100 * mlp.validationImages) / (mlp.images + mlp.validationImages)],
    ['224', 'recipe has 224', get(classify.presets['Imagenette CNN']?.values.ownSide)],
    ['64', '“64 128 256 128 64”', filters],
    ['128', '“64 128 256 128 64”', 2 * filters],
    ['256', '“64 128 256 128 64”', 4 * filters],
    ['20', 'Try 20 with', get(classify.presets['deep without skips']?.values.depth)],
    ['0.5', 'blocks of the residual MLP', dropoutOf('skip-mlp', 'dropout')],
    ['0.3', 'of the CNN’s maps', dropoutOf('cnn', 'dropout2d')],
    ['1.461', 'fall below 1.461', Math.log(1 + 9 / Math.E)],
    ['0.107', '0.0017 for 0.107', /LAB01/],
    ['0.0017', '0.0017 for 0.107', 0.107 / mlp.batch],
  ];
}

function tsneControls(): Written {
  const { paper, 'scikit-learn': sklearn } = tsneSchedules;
  const { patience, smallestNorm } = new TsneConvergence();
  return [
    ['3000', 'Up to 3000 points', ALL_PAIRS],
    ['3', 'nearest 3 × perplexity', 3],
    ['12', '×12 for 250 iterations', sklearn.exaggeration],
    ['250', '×12 for 250 iterations', sklearn.exaggerated],
    ['30', '30 principal components', paper.components],
    ['4', '×4 for 50 iterations', paper.exaggeration],
    ['50', '×4 for 50 iterations', paper.exaggerated],
    ['30', '30 in the paper', paper.components],
    ['48', 'scikit-learn N/48', 1e6 / sklearn.learningRate(1e6)],
    ['50', 'at least 50', sklearn.learningRate(10)],
    ['100', '2008 paper 100', paper.learningRate()],
    ['300', 'after 300 iterations', patience],
    ['1e-7', 'norm below 1e-7', smallestNorm],
  ];
}

interface Explained {
  readonly explained: Readonly<Record<string, readonly { readonly image: number; readonly label: number }[]>>;
}

function failureModesControls(): Written {
  const { explained } = resultOf<Explained>('failure-modes');
  const labelOf = (image: number) => get(get(explained['clean network, clean test']).find((each) => each.image === image)).label;
  return [
    ['10,000', 'first 10,000 test images', DATASETS.mnist.published.test],
    ['7', 'Number 0 is a 7', labelOf(0)],
    ['6', 'number 6 is a 4', 6],
    ['4', 'number 6 is a 4', labelOf(6)],
    ['0.13', 'grey level 0.13', get(DATASETS.mnist.mean[0])],
  ];
}

function adversarialControls(): Written {
  const size = [28, 28, 1] as const;
  const units = numbersOf(layersOf('dense')(size, 10), 'linear', 'out');
  const convolution = layersOf('convolution')(size, 10);
  return [
    ['256', '256, 120 and 84 units', get(units[0])],
    ['120', '256, 120 and 84 units', get(units[1])],
    ['84', '256, 120 and 84 units', get(units[2])],
    ['3', 'two of 3×3', get(numbersOf(convolution, 'conv2d', 'kernel')[0])],
    ['64', 'then 64 units', get(numbersOf(convolution, 'linear', 'out')[0])],
    ['−1', '−1: any other', adversarial.target.default],
    ['2.5', 'Of 2.5 ε/steps', 2.5],
  ];
}

const side = 28;

/** The facts of each lab's controls. */
export const controlFacts: Readonly<Record<string, () => Written>> = {
  regression: () => [
    ['0.01', 'Try 0.01 and 0.0001', possible(regression.decay, 0.01)],
    ['0.0001', 'Try 0.01 and 0.0001', possible(regression.decay, 0.0001)],
  ],
  classify: classifyControls,
  tsne: tsneControls,
  'failure-modes': failureModesControls,
  denoise: () => [
    ['0.1307', 'MNIST’s constants', NORMALISATION.mean[0]],
    ['0.3081', 'MNIST’s constants', NORMALISATION.std[0]],
    ['0.2860', 'Their own are', CLOTHES.mean[0]],
    ['0.3530', 'Their own are', CLOTHES.std[0]],
    ['28', '28×28', side],
    ['14', '14×14', side / 2],
  ],
  saliency: () => [['0.5', 'At 0.5 the background', possible(saliency.correlation, 0.5)]],
  features: () => [
    ['1000', '1000 classes of ImageNet', /ImageNet/],
    ['48', 'small ones below 48 pixels', SMALL_SIDE],
    ['0.05', 'The article has 0.05', /The article/],
    ['0.25', 'The article has 0.05, 0.25', /The article/],
  ],
  adversarial: adversarialControls,
  masktune: () => [
    ...[4, 5, 9].map((digit) => [String(digit), digit < 5 ? '0–4' : '5–9', digit] as const),
    ['12,000', 'The paper holds out', masktune.heldOut.default],
    ['60,000', '12,000 of 60,000', masktune.images.default],
    ['16', '16 is the published', masktune.width.default],
    ['149,202', 'SmallCNN with 149,202', describeNetwork(smallCnn(masktune.width.default), SMALL_CNN.inputShape).parameters],
    ['8', 'from 8 × 8', MAP_SIDE],
  ],
  mode: () => [],
};
