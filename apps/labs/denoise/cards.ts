/** The mathematics of the denoise lab. */
import { because } from '../../math/because.ts';
import { cards as convolution } from '../../math/cards/convolution.ts';
import { cards as losses } from '../../math/cards/loss.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';
import { cards as pooling } from '../../math/cards/pooling.ts';
import { cards as resize } from '../../math/cards/resize.ts';
import { cards as own } from './noise-cards.ts';

const wanted = ['noise', 'baseline', 'conv2d', 'max-pool', 'max-pool-gradient', 'bilinear', 'bilinear-gradient', 'mse', 'adam'];
const all = [...own, ...pooling, ...convolution, ...losses, ...optimisers, ...resize];

export const cards = because(
  wanted.flatMap((id) => all.filter((card) => card.id === id)),
  { mse: 'It compares every pixel with the clean one: whoever lowers it may blur, but must not leave noise.' },
);
