/** The mathematics of the regression lab. */
import { cards as activations } from '../../math/cards/activations.ts';
import { cards as earlyStopping } from '../../math/cards/early-stopping.ts';
import { cards as linear } from '../../math/cards/linear.ts';
import { cards as losses } from '../../math/cards/loss.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';
import { cards as regularisation } from '../../math/cards/regularisation.ts';

const wanted = [
  'linear',
  'linear-weight-gradient',
  ...['tanh', 'sigmoid', 'relu', 'sin'].flatMap((activation) => [activation, `${activation}-gradient`]),
  'mse',
  'weight-decay',
  'dropout',
  'early-stopping',
  'adam',
  'sgd',
];
const all = [...linear, ...activations, ...losses, ...optimisers, ...regularisation, ...earlyStopping];

export const cards = wanted.flatMap((id) => all.filter((card) => card.id === id));
