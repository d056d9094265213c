/** The mathematics of the classify lab. */
import { cards as activations } from '../../math/cards/activations.ts';
import { cards as batchNorm } from '../../math/cards/batch-norm.ts';
import { cards as convolution } from '../../math/cards/convolution.ts';
import { cards as linear } from '../../math/cards/linear.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';
import { cards as pooling } from '../../math/cards/pooling.ts';
import { cards as regularisation } from '../../math/cards/regularisation.ts';
import { cards as residual } from '../../math/cards/residual.ts';
import { cards as softmax } from '../../math/cards/softmax.ts';

const wanted = ['relu', 'weight-decay', 'dropout'];
const chosen = [...activations, ...optimisers, ...regularisation].filter(({ id }) => wanted.includes(id));

export const cards = [
  ...linear,
  ...convolution,
  ...pooling,
  ...batchNorm,
  ...residual,
  ...chosen.filter(({ id }) => id !== 'weight-decay'),
  ...softmax,
  ...optimisers.filter(({ id }) => id !== 'weight-decay'),
  ...chosen.filter(({ id }) => id === 'weight-decay'),
];
