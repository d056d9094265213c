/** The mathematics of the adversarial lab. */
import { because } from '../../math/because.ts';
import { fgsm, pgd } from '../../math/cards/adversarial.ts';
import { adversarialTraining } from '../../math/cards/adversarial-training.ts';
import { penalisedAttack } from '../../math/cards/penalised-attack.ts';
import { cards as softmax } from '../../math/cards/softmax.ts';

export const cards = because(
  [fgsm, pgd, penalisedAttack, adversarialTraining, ...softmax.filter(({ id }) => id === 'cross-entropy')],
  {
    'cross-entropy':
      'The loss that training lowers is the one that an attack raises: its gradient with respect to the picture shows the way.',
  },
);
