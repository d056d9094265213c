/** What the math cards ask of a run: tensors of its first network for the chosen image, and checks on them. */
import { camAxioms, xGradCamFrom } from '../../../engine/explain/index.ts';
import { layerGradient } from '../../../engine/explain/scores.ts';
import { crossEntropy, grad, scope, type Tensor, tensor } from '../../../engine/index.ts';
import { normaliseMaps, saliencyMask } from '../../../engine/repair/masks.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import { copyOf, lossChecks, momentumChecks, type Values } from '../../math/checks.ts';
import { verifyLayerGradient } from '../../math/layer-gradient.ts';
import { worstElement } from '../../math/verify.ts';
import { oneImage } from './look.ts';
import { referenceMap, referenceMask } from './mask-reference.ts';
import { ruleOf } from './masking.ts';
import { CAM_LAYER, MAP_SIDE, SIDE } from './network.ts';
import type { Config } from './studio.ts';
import type { Study } from './study.ts';

interface Inside {
  readonly x: Values;
  readonly label: number;
  readonly A: Values;
  readonly G: Values;
  /** Scaled to [0, 1], [1, 8, 8]. */
  readonly map: Values;
  readonly mask: Values;
  readonly scores: Values;
  readonly slope: Values;
  /** The last weights and their gradient. */
  readonly theta: Values;
  readonly g: Values;
}

async function inside(study: Study, config: Config): Promise<Inside> {
  const { network } = study.erm.trainer;
  const { one } = oneImage(study.studio, config.exampleSet, config.example);
  const label = one.labels[0] as number;
  const pixels = Float32Array.from(one.images, (byte) => byte / 255);
  const weights = network.parameters().findLast(({ shape }) => shape.length === 2) as Tensor;
  const { training } = network;
  network.eval();
  const made = scope(() => {
    const x = tensor(pixels, [1, SIDE, SIDE, 3]);
    const { activation: A, gradient: G } = layerGradient(network, x, [label], CAM_LAYER);
    const map = normaliseMaps(xGradCamFrom(A, G));
    const mask = saliencyMask(map, ruleOf(config), { size: [SIDE, SIDE], hard: config.hard });
    const scores = network.forward(x);
    const [slope, g] = grad(crossEntropy(scores, tensor(Int32Array.of(label), [1], { dtype: 'i32' })), [scores, weights]);
    return { x, A, G, map, mask, scores, slope: slope as Tensor, g: g as Tensor };
  });
  network.train(training);
  try {
    const names = Object.keys(made) as (keyof typeof made)[];
    const values = await Promise.all(names.map(async (name) => [name, await copyOf(made[name])] as const));
    const copies = Object.fromEntries(values) as Record<keyof typeof made, Values>;
    return { ...copies, label, theta: await copyOf(weights) };
  } finally {
    for (const part of Object.values(made)) part.dispose();
  }
}

async function axioms(study: Study, { x, label }: Inside) {
  const image = tensor(x.data, x.shape);
  try {
    return await camAxioms(study.erm.trainer.network, image, label, CAM_LAYER);
  } finally {
    image.dispose();
  }
}

export async function inspect(study: Study, config: Config): Promise<LiveTensor[]> {
  const found = await inside(study, config);
  const { A, G, map, mask, scores, slope, theta, g } = found;
  const { removed, contributions } = await axioms(study, found);
  const shape = [removed.length];
  return [
    { name: 'activations', symbol: 'A', terms: ['xgrad-cam/A'], ...A },
    { name: 'gradients', symbol: 'G', terms: ['xgrad-cam/G'], ...G },
    { name: 'score lost without each map', symbol: 'S − S∖k', terms: ['xgrad-cam-axioms/removed'], shape, data: removed },
    { name: 'contributions', symbol: 'ΣwA', terms: ['xgrad-cam-axioms/contributions'], shape, data: contributions },
    { name: 'saliency map', symbol: 'L̃', terms: ['saliency-masks/L'], shape: [MAP_SIDE, MAP_SIDE], data: map.data },
    { name: 'mask', symbol: 'M', terms: ['saliency-masks/M'], shape: [SIDE, SIDE], data: mask.data },
    { name: 'logits', symbol: 'x', terms: ['cross-entropy/x'], ...scores },
    { name: 'gradient of the loss', symbol: '∂x', terms: ['cross-entropy/gx'], ...slope },
    { name: 'last weights', symbol: 'θ', terms: ['sgd-momentum/theta'], ...theta },
    { name: 'their gradient', symbol: 'g', terms: ['sgd-momentum/g'], ...g },
  ];
}

function compared(
  name: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  shape: readonly number[],
  tolerance = 1e-4,
): Verification {
  const { error, index } = worstElement(got, expected);
  return {
    name,
    maxError: error,
    tolerance,
    worstIndex: index,
    shape,
    got: got[index] ?? Number.NaN,
    expected: expected[index] ?? Number.NaN,
  };
}

/** The map against loops in double precision. */
const mapCheck = ({ A, G, map }: Inside): Verification =>
  compared('scaled map against loops in double precision', map.data, referenceMap(A.data, G.data, A.shape), [MAP_SIDE, MAP_SIDE]);

/** Both sides of conservation from the maps themselves, and the score without a map, one by one. */
async function axiomChecks(study: Study, found: Inside): Promise<Verification[]> {
  const { A, G } = found;
  const { contributions, removed, score } = await axioms(study, found);
  const [, height = 1, width = 1, channels = 1] = A.shape;
  const expected = new Float64Array(channels);
  for (let k = 0; k < channels; k++) {
    let [evidence, total] = [0, 0];
    for (let i = k; i < height * width * channels; i += channels) {
      evidence += (A.data[i] as number) * (G.data[i] as number);
      total += A.data[i] as number;
    }
    expected[k] = (evidence / (total + 1e-8)) * total;
  }
  const single = new Float64Array(channels);
  const { network } = study.erm.trainer;
  const { training } = network;
  network.eval();
  for (let k = 0; k < channels; k++) {
    const without = A.data.map((value, i) => (i % channels === k ? 0 : value));
    const made = scope(() => {
      const x = tensor(found.x.data, found.x.shape);
      return network.forward(x, { replace: new Map([[CAM_LAYER, tensor(without, A.shape)]]) }).output;
    });
    single[k] = score - ((await made.data())[found.label] as number);
    made.dispose();
  }
  network.train(training);
  return [
    compared('contributions against loops in double precision', contributions, expected, [channels]),
    compared('scores without a map, all at once against one by one', removed, single, [channels]),
  ];
}

/** @param card id of one of the lab's cards */
export async function verify(study: Study, config: Config, card: string): Promise<Verification[]> {
  const found = await inside(study, config);
  const { map, mask, scores, label, theta, g } = found;
  if (card === 'xgrad-cam') {
    const { network } = study.erm.trainer;
    return [mapCheck(found), await verifyLayerGradient(network, CAM_LAYER, label, found.A, found.G)];
  }
  if (card === 'xgrad-cam-axioms') return axiomChecks(study, found);
  if (card === 'saliency-masks') {
    const expected = referenceMask(map.data, ruleOf(config), config.hard);
    return [compared('mask against loops in double precision', mask.data, expected, [SIDE, SIDE])];
  }
  if (card === 'cross-entropy') return lossChecks(card, scores, Int32Array.of(label));
  if (card === 'sgd-momentum') {
    const step = study.erm.trainer.progress.step + 1;
    const { momentum, decay } = study.config;
    return momentumChecks({ theta: theta.data, g: g.data, step }, { lr: config.rate, momentum, weightDecay: decay });
  }
  throw new Error(`there is no check for the card '${card}'`);
}
