/** The mathematics of the adversarial lab. */
import { fgsm, pgd } from '../../math/cards/adversarial.ts';
import { adversarialTraining } from '../../math/cards/adversarial-training.ts';
import { penalisedAttack } from '../../math/cards/penalised-attack.ts';
import { cards as softmax } from '../../math/cards/softmax.ts';

export const cards = [fgsm, pgd, penalisedAttack, adversarialTraining, ...softmax.filter(({ id }) => id === 'cross-entropy')];
