/** How much of each set is trained on, and in which units: numbers alone, for the page too. */
import type { ConfigOf } from '../../runtime/schema.ts';
import type { schema } from './schema.ts';

/** What the training data depend on. */
export type Mix = Pick<ConfigOf<typeof schema>, 'images' | 'clothes' | 'order' | 'clothesNormalisation'>;

/** (byte/255 − mean)/std. */
export interface Units {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** MNIST's constants: those of both sets as published. */
export const NORMALISATION = { mean: [0.1307], std: [0.3081] } as const;
/** Of Fashion-MNIST. */
export const CLOTHES = { mean: [0.286], std: [0.353] } as const;

/** Images of the digits and of the clothes in the trainings on both. */
export function counts({ images, clothes }: Pick<Mix, 'images' | 'clothes'>): { digits: number; clothes: number } {
  const share = (of: number) => Math.max(1, Math.round(images * Math.min(1, of)));
  return { digits: share(1 / clothes), clothes: share(clothes) };
}

/** What the clothes of a run are normalised with. */
export const clothesOf = ({ clothesNormalisation }: Pick<Mix, 'clothesNormalisation'>): Units =>
  clothesNormalisation === 'own' ? CLOTHES : NORMALISATION;
