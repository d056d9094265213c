/** The mathematics of the features lab. */
import { cards as features } from '../../math/cards/features.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';

export const cards = [...features, ...optimisers.filter(({ id }) => id === 'adam')];
