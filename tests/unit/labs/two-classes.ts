/** Images of MNIST's size in the two classes of the MaskTune lab. */
import { toColour } from '../../../engine/data/corruptions.ts';
import { type ImageDataset, imageDataset } from '../../../engine/data/dataset.ts';

const info = {
  name: 'mnist',
  split: 'train',
  height: 28,
  width: 28,
  channels: 1,
  classNames: ['0–4', '5–9'],
  mean: [0],
  std: [1],
};

/**
 * @param grey value of every pixel
 * @param labelOf class of the image with this number
 */
export function twoClasses(count: number, grey: number, labelOf: (image: number) => 0 | 1): ImageDataset {
  const labels = Uint8Array.from({ length: count }, (_, i) => labelOf(i));
  return toColour(imageDataset(info, new Uint8Array(count * 784).fill(grey), labels));
}
