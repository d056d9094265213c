/** The mathematics of the failure-modes lab. */
import { because } from '../../math/because.ts';
import { cards as integratedGradients } from '../../math/cards/integrated-gradients.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';
import { cards as saliency } from '../../math/cards/saliency.ts';
import { cards as softmax } from '../../math/cards/softmax.ts';
import { cards as texture } from '../../math/cards/texture.ts';

const wanted = ['texture', 'cross-entropy', 'adam', 'integrated-gradients', 'saliency'];
const all = [...integratedGradients, ...saliency, ...optimisers, ...softmax, ...texture];

export const cards = because(
  wanted.flatMap((id) => all.filter((card) => card.id === id)),
  {
    'cross-entropy':
      'This is the loss whose curve looks better for the network that has learned the flaw: it cannot tell digits from dots.',
    'integrated-gradients': 'It shares out the score among the pixels so that nothing is lost, which is how the dot is caught.',
  },
);
