/** The mathematics of the MaskTune lab. */
import { xGradCam } from '../../math/cards/class-maps.ts';
import { saliencyMasks, xGradCamAxioms } from '../../math/cards/mask-tune.ts';
import { cards as optimisers } from '../../math/cards/optimisers.ts';
import { cards as softmax } from '../../math/cards/softmax.ts';

const wanted = (id: string) => [...softmax, ...optimisers].filter((card) => card.id === id);

export const cards = [xGradCam, xGradCamAxioms, saliencyMasks, ...wanted('cross-entropy'), ...wanted('sgd-momentum')];
