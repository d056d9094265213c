/** The mathematics of the MaskTune lab. */
import { because } from '../../math/because.ts';
import { xGradCam } from '../../math/cards/class-maps.ts';
import { saliencyMasks, xGradCamAxioms } from '../../math/cards/mask-tune.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';
import { cards as softmax } from '../../math/cards/softmax.ts';

const wanted = (id: string) => [...softmax, ...optimisers].filter((card) => card.id === id);

export const cards = because([xGradCam, xGradCamAxioms, saliencyMasks, ...wanted('cross-entropy'), ...wanted('sgd-momentum')], {
  'xgrad-cam':
    'It says what the network looks at, and so what the masks will hide: channels count by what they contribute to the score.',
  'cross-entropy':
    'Training stops caring once this is low, and the square alone brings it low: nothing is left to teach the digits.',
});
