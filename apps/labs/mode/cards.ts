/** The mathematics of the MODE lab. */
import { because } from '../../math/because.ts';
import { cards as mode } from '../../math/cards/mode.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';
import { cards as softmax } from '../../math/cards/softmax.ts';

const wanted = ['cross-entropy', 'adam'];

export const cards = because([...mode, ...[...softmax, ...optimisers].filter(({ id }) => wanted.includes(id))], {
  adam: 'Repairs go on with its memory of earlier gradients, where the control begins afresh: a small advantage that is not the images’.',
});
