/** The training images in the order in which they are to be seen, each set in units of its own where that is wanted. */
import { concatenate, type ImageDataset, type Normalisation, take } from '../../../engine/data/dataset.ts';
import { add, mul, reshape, slice } from '../../../engine/index.ts';
import { arrayData, imageData, type TrainingData } from '../../../engine/train/data.ts';
import type { Config } from './training.ts';

/** MNIST's constants: those of both sets as published. */
export const NORMALISATION = { mean: [0.1307], std: [0.3081] } as const;
/** Of Fashion-MNIST. */
export const CLOTHES = { mean: [0.286], std: [0.353] } as const;

/** Images of the digits and of the clothes in the trainings on both. */
export function counts({ images, clothes }: Pick<Config, 'images' | 'clothes'>): { digits: number; clothes: number } {
  const share = (of: number) => Math.max(1, Math.round(images * Math.min(1, of)));
  return { digits: share(1 / clothes), clothes: share(clothes) };
}

/** What the clothes of a run are normalised with. */
export const clothesOf = ({ clothesNormalisation }: Config): Normalisation => (clothesNormalisation === 'own' ? CLOTHES : NORMALISATION);

/** Images as inputs and targets: those of the second set in other units, by a factor and a shift for each sample. */
function inTwoUnits(images: TrainingData, second: (index: number) => boolean): TrainingData {
  // (byte/255 − 0.286)/0.353 from (byte/255 − 0.1307)/0.3081.
  const factor = NORMALISATION.std[0] / CLOTHES.std[0];
  const shift = (NORMALISATION.mean[0] - CLOTHES.mean[0]) / CLOTHES.std[0];
  const values = Float32Array.from({ length: 2 * images.count }, (_, i) => {
    const other = second(Math.floor(i / 2));
    return i % 2 === 0 ? (other ? factor : 1) : other ? shift : 0;
  });
  const each = arrayData({ values, shape: [2] }, { values: new Float32Array(images.count), shape: [1] });
  return {
    count: images.count,
    inputShape: images.inputShape,
    hash: () => `${images.hash()} ${each.hash()}`,
    open(device) {
      const [pictures, numbers] = [images.open(device), each.open(device)];
      return {
        batch(selection) {
          const { inputs } = pictures.batch(selection);
          const affine = numbers.batch(selection).inputs;
          const column = (at: number) => reshape(slice(affine, [0, at], [selection.batch, 1]), [selection.batch, 1, 1, 1]);
          const changed = add(mul(inputs, column(0)), column(1));
          return { inputs: changed, targets: changed };
        },
        dispose() {
          pictures.dispose();
          numbers.dispose();
        },
      };
    },
  };
}

/** Without shuffling, all of one set come before all of the other. */
export function trainingData(both: boolean, digits: ImageDataset, clothes: ImageDataset, config: Config): TrainingData {
  const options = { normalisation: NORMALISATION, targets: 'images' } as const;
  if (!both) return imageData(digits, options);
  const count = counts(config);
  const parts = [take(digits, count.digits), take(clothes, count.clothes)] as const;
  const first = config.order === 'digits first';
  const images = imageData(concatenate(first ? [...parts] : parts.toReversed(), 'both'), options);
  if (config.clothesNormalisation === 'as digits') return images;
  return inTwoUnits(images, (index) => (first ? index >= parts[0].count : index < parts[1].count));
}
