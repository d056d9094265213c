/** Looking at one image with one network: saliency, mask, what is left, and what the network says. */
import { type ImageDataset, imageAt, subset } from '../../../engine/data/dataset.ts';
import { noGrad, reshape, resize2d, scope, softmax, tensor } from '../../../engine/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { saliencyMaps } from '../../../engine/repair/mask-tune.ts';
import { hide, saliencyMask } from '../../../engine/repair/masks.ts';
import { mapOptions, ruleOf } from './masking.ts';
import { SIDE } from './network.ts';
import { asData, type Config, type Studio } from './studio.ts';

export type SetName = Config['exampleSet'];

export interface Look {
  readonly model: string;
  readonly set: SetName;
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Of the predicted class. */
  readonly probability: number;
  /** [28, 28, 3] bytes. */
  readonly image: Uint8Array;
  /** XGrad-CAM in [0, 1], resized to [28, 28]. */
  readonly map: Float32Array;
  /** [28, 28], 1 = hidden. */
  readonly mask: Float32Array;
  /** [28, 28, 3] in [0, 1]. */
  readonly masked: Float32Array;
}

/** One image of a set, as a set of its own; an index beyond the set is its last. */
export function oneImage(
  { images, raw, marked, carrier }: Studio,
  set: SetName,
  wanted: number,
): { one: ImageDataset; index: number } {
  const from = set === 'training' ? images : raw;
  const index = Math.min(wanted, from.count - 1);
  const reversed = set === 'biased test' && from.labels[index] !== carrier;
  return { one: subset(reversed ? marked : from, [index]), index };
}

export async function lookAt(
  model: string,
  network: Network,
  studio: Studio,
  config: Config,
  set: SetName,
  wanted: number,
): Promise<Look> {
  const { one, index } = oneImage(studio, set, wanted);
  const { values, height, width } = await saliencyMaps(network, asData(one), mapOptions(config));
  const bytes = imageAt(one, 0).slice();
  const { training } = network;
  network.eval();
  const made = scope(() =>
    noGrad(() => {
      const x = tensor(
        Float32Array.from(bytes, (byte) => byte / 255),
        [1, SIDE, SIDE, 3],
      );
      const map = tensor(values, [1, height, width]);
      const size = [SIDE, SIDE] as const;
      const mask = saliencyMask(map, ruleOf(config), { size, hard: config.hard });
      return {
        scores: softmax(network.forward(x), { axis: -1 }),
        map: resize2d(reshape(map, [1, height, width, 1]), { size, mode: 'bilinear' }),
        mask,
        masked: hide(x, mask),
      };
    }),
  );
  network.train(training);
  try {
    const [scores, map, mask, masked] = await Promise.all([made.scores, made.map, made.mask, made.masked].map((t) => t.data()));
    const [zero = 0, one_ = 0] = scores as Float32Array;
    return {
      model,
      set,
      index,
      label: one.labels[0] as number,
      predicted: one_ > zero ? 1 : 0,
      probability: Math.max(zero, one_),
      image: bytes,
      map: map as Float32Array,
      mask: mask as Float32Array,
      masked: masked as Float32Array,
    };
  } finally {
    for (const tensor of Object.values(made)) tensor.dispose();
  }
}

/** First training image of each group that has any: what the page shows of a run before it is asked. */
export const firstOfGroups = ({ groups, sizes }: Studio): number[] =>
  sizes.flatMap((size, group) => (size > 0 ? [groups.indexOf(group)] : []));
