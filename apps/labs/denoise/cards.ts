/** The mathematics of the denoise lab. */
import { cards as concatenation } from '../../math/cards/concatenation.ts';
import { cards as convolution } from '../../math/cards/convolution.ts';
import { cards as losses } from '../../math/cards/loss.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';
import { cards as resize } from '../../math/cards/resize.ts';

const wanted = ['conv2d', 'bilinear', 'bilinear-gradient', 'concatenation', 'mse', 'adam'];
const all = [...concatenation, ...convolution, ...losses, ...optimisers, ...resize];

export const cards = wanted.flatMap((id) => all.filter((card) => card.id === id));
