/** The mathematics of the MODE lab. */
import { cards as mode } from '../../math/cards/mode.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';
import { cards as softmax } from '../../math/cards/softmax.ts';

const wanted = ['cross-entropy', 'adam'];

export const cards = [...mode, ...[...softmax, ...optimisers].filter(({ id }) => wanted.includes(id))];
