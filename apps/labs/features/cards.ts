/** The mathematics of the features lab. */
import { because } from '../../math/because.ts';
import { cards as features } from '../../math/cards/features.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';

export const cards = because([...features, ...optimisers.filter(({ id }) => id === 'adam')], {
  adam: 'Here it moves the picture instead of weights: each frequency or pixel gets a step of about η, however faint its gradient.',
});
