/** The training images in the order in which they are to be seen, each set in units of its own where that is wanted. */
import { concatenate, type ImageDataset, take } from '../../../engine/data/dataset.ts';
import { add, mul, reshape, slice } from '../../../engine/index.ts';
import { arrayData, imageData, type TrainingData } from '../../../engine/train/data.ts';
import { CLOTHES, counts, type Mix, NORMALISATION } from './mix.ts';

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
          const column = (at: number) => reshape(slice(affine, [0, at], [selection.batch, at + 1]), [selection.batch, 1, 1, 1]);
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
export function trainingData(both: boolean, digits: ImageDataset, clothes: ImageDataset, config: Mix): TrainingData {
  const options = { normalisation: NORMALISATION, targets: 'images' } as const;
  if (!both) return imageData(digits, options);
  const count = counts(config);
  const parts = [take(digits, count.digits), take(clothes, count.clothes)] as const;
  const first = config.order === 'digits first';
  const images = imageData(concatenate(first ? [...parts] : parts.toReversed(), 'both'), options);
  if (config.clothesNormalisation === 'as digits') return images;
  return inTwoUnits(images, (index) => (first ? index >= parts[0].count : index < parts[1].count));
}
