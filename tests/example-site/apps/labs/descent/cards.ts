/** The mathematics of the descent lab. */
import { cards as optimisers } from '../../math/cards/optimisers.ts';

export const cards = optimisers.filter(({ id }) => id.startsWith('sgd'));
