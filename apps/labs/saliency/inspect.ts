/** What the math cards ask of a run: tensors of the first picture, and checks on them. */
import { guidedBackpropagation } from '../../../engine/explain/attribution.ts';
import { gradCamFrom, gradCamPlusPlusFrom, xGradCamFrom } from '../../../engine/explain/cam.ts';
import { layerGradient, scoreGradient } from '../../../engine/explain/scores.ts';
import { mul, scope, sum, type Tensor, tensor } from '../../../engine/index.ts';
import type { LayerKey } from '../../../engine/nn/network.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import { copyOf, type Values } from '../../math/checks.ts';
import { verifyLayerGradient } from '../../math/layer-gradient.ts';
import { verifyGradient, worstElement } from '../../math/verify.ts';
import { completenessCheck, guidedCheck, occlusionCheck, scoreCamCheck } from './checks.ts';
import type { Explainer } from './explain.ts';
import { gapIdentity } from './gap.ts';
import type { Config, Picture } from './subject.ts';

/** Maps A and gradients G of the layer that the CAM family reads, for one picture and a class. */
interface Maps extends Record<'A' | 'G', Values> {
  readonly layer: LayerKey;
  readonly target: number;
}

async function maps(explainer: Explainer, picture: Picture, config: Config): Promise<Maps | undefined> {
  const layer = explainer.layerOf('Grad-CAM', config);
  if (layer === undefined) return undefined;
  const targets = await explainer.targets([picture], config);
  const made = scope(() => {
    const { activation, gradient } = layerGradient(explainer.network, explainer.input([picture]), targets, layer);
    return { activation, gradient };
  });
  const found = { A: await copyOf(made.activation), G: await copyOf(made.gradient), layer, target: targets[0] as number };
  made.activation.dispose();
  made.gradient.dispose();
  return found;
}

export async function inspect(explainer: Explainer, picture: Picture, config: Config): Promise<LiveTensor[]> {
  const targets = await explainer.targets([picture], config);
  const x = explainer.input([picture]);
  const slope = scoreGradient(explainer.network, x, targets);
  const guided = guidedBackpropagation(explainer.network, x, targets);
  const pixels: LiveTensor[] = [
    { name: 'picture', symbol: 'x', terms: ['input-x-gradient/x', 'occlusion/x', 'score-cam/x'], ...(await copyOf(x)) },
    {
      name: 'gradient',
      symbol: '∂S/∂x',
      terms: ['saliency/gradient', 'input-x-gradient/gradient', 'smooth-grad/gradient'],
      ...(await copyOf(slope)),
    },
    { name: 'guided gradient', symbol: 'g', terms: ['guided-backpropagation/g'], ...(await copyOf(guided)) },
  ];
  for (const made of [x, slope, guided]) made.dispose();
  const found = await maps(explainer, picture, config);
  if (!found) return pixels;
  return [
    ...pixels,
    {
      name: 'maps of the layer',
      symbol: 'A',
      terms: ['cam/A', 'grad-cam/A', 'xgrad-cam/A', 'grad-cam-plus-plus/A', 'score-cam/A'],
      ...found.A,
    },
    { name: 'their gradients', symbol: 'G', terms: ['grad-cam/G', 'xgrad-cam/G', 'grad-cam-plus-plus/G'], ...found.G },
  ];
}

/** Maps [1, H, W, C] from the equation, in double precision, against those of the device. */
async function camCheck(
  name: string,
  { A, G }: Record<'A' | 'G', Values>,
  rule: (a: Tensor, g: Tensor) => Tensor,
  weight: (a: readonly number[], g: readonly number[]) => number,
): Promise<Verification> {
  const [, h, w, c] = A.shape as [number, number, number, number];
  const channel = (values: Float32Array, k: number) => Array.from({ length: h * w }, (_, i) => values[i * c + k] as number);
  const weights = Array.from({ length: c }, (_, k) => weight(channel(A.data, k), channel(G.data, k)));
  const expected = Float32Array.from({ length: h * w }, (_, i) =>
    Math.max(
      0,
      weights.reduce((total, value, k) => total + value * (A.data[i * c + k] as number), 0),
    ),
  );
  const map = scope(() => rule(tensor(A.data, [...A.shape]), tensor(G.data, [...G.shape])));
  const got = await map.data();
  map.dispose();
  const { error, index } = worstElement(got, expected);
  return {
    name,
    maxError: error,
    tolerance: 1e-4,
    worstIndex: index,
    shape: [h, w],
    got: got[index] ?? 0,
    expected: expected[index] ?? 0,
  };
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const product = (a: readonly number[], g: readonly number[]): number => total(a.map((value, i) => value * (g[i] as number)));

/** ∂S/∂x of the tape against central differences. */
async function slopeCheck(explainer: Explainer, picture: Picture, config: Config): Promise<Verification> {
  const targets = await explainer.targets([picture], config);
  const { network } = explainer;
  const classes = network.outputShape.at(-1) as number;
  const chosen = tensor(
    Float32Array.from({ length: classes }, (_, k) => Number(k === targets[0])),
    [1, classes],
    { device: network.device },
  );
  const x = explainer.input([picture]);
  try {
    network.eval();
    const score = (v: Tensor | undefined) => sum(mul(network.forward(v as Tensor), chosen));
    return await verifyGradient('∂S/∂x', score, [x], { epsilon: 1e-2, maxElements: 12 });
  } finally {
    x.dispose();
    chosen.dispose();
  }
}

async function identityCheck(explainer: Explainer, picture: Picture): Promise<Verification> {
  const found = await gapIdentity(explainer, [picture]);
  if (!found) throw new Error('the head of this network is no global average: the mean of its maps is no logit');
  const { error, compared, mean, logit } = found;
  const name = `mean(CAM) against the logit, ${compared} classes`;
  return { name, maxError: error, tolerance: 1e-5 * (1 + Math.abs(logit)), worstIndex: 0, got: mean, expected: logit };
}

/** @param card id of one of the lab's cards @throws Error where the network has nothing that the card is about */
export async function verify(explainer: Explainer, picture: Picture, config: Config, card: string): Promise<Verification[]> {
  switch (card) {
    case 'saliency':
    case 'input-x-gradient':
    case 'smooth-grad':
      return [await slopeCheck(explainer, picture, config)];
    case 'guided-backpropagation':
      return [await guidedCheck()];
    case 'integrated-gradients':
      return [await completenessCheck(explainer, picture, config), await slopeCheck(explainer, picture, config)];
    case 'occlusion':
      return [await occlusionCheck(explainer, picture, config)];
    case 'cam':
      return [await identityCheck(explainer, picture)];
    case 'score-cam':
      return [await scoreCamCheck(explainer, picture, config)];
  }
  const found = await maps(explainer, picture, config);
  if (!found) throw new Error('no layer of this network puts out maps');
  switch (card) {
    case 'grad-cam':
      return [
        await camCheck(
          'Grad-CAM against its equation',
          found,
          (a, g) => gradCamFrom(a, g),
          (_, g) => total(g) / g.length,
        ),
        await verifyLayerGradient(explainer.network, found.layer, found.target, found.A, found.G),
      ];
    case 'xgrad-cam':
      return [
        await camCheck(
          'XGrad-CAM against its equation',
          found,
          (a, g) => xGradCamFrom(a, g),
          (a, g) => product(a, g) / (total(a) + 1e-8),
        ),
        await verifyLayerGradient(explainer.network, found.layer, found.target, found.A, found.G),
      ];
    case 'grad-cam-plus-plus':
      return [
        await camCheck(
          'Grad-CAM++ against its equation',
          found,
          (a, g) => gradCamPlusPlusFrom(a, g),
          (a, g) => {
            const sumOf = total(a);
            return total(g.map((value) => (2 + value * sumOf === 0 ? 0 : Math.max(0, value) / (2 + value * sumOf))));
          },
        ),
        await verifyLayerGradient(explainer.network, found.layer, found.target, found.A, found.G),
      ];
    default:
      throw new Error(`there is no check for the card '${card}'`);
  }
}
