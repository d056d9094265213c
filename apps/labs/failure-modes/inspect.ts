/** What the math cards ask of a run: tensors of the tainted network for the chosen image, and checks on them. */
import { texture } from '../../../engine/data/corruptions.ts';
import { crossEntropy, grad, mul, noGrad, scope, sum, type Tensor, tensor } from '../../../engine/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import { adamChecks, copyOf, lossChecks, type Values } from '../../math/checks.ts';
import { verifyGradient, worstElement } from '../../math/verify.ts';
import type { Config } from './data.ts';
import { attribute, baselineOf } from './explain.ts';

const SIDE = 28;
const IMAGE = [SIDE, SIDE];

/** The network and the image that the cards are about. */
export interface Example {
  readonly network: Network;
  /** In normalised units, [784]. */
  readonly x: Float32Array<ArrayBuffer>;
  readonly label: number;
  /** Number of the next step of its training. */
  readonly step: number;
}

/** Scores, and the last weights with their gradient. */
async function learned({ network, x, label }: Example): Promise<Record<'scores' | 'slope' | 'w' | 'g', Values>> {
  const weight = network.parameters().findLast(({ shape }) => shape.length === 2) as Tensor;
  const { device, training } = network;
  network.eval();
  const made = scope(() => {
    const scores = network.forward(tensor(x, [1, SIDE, SIDE, 1], { device }));
    const loss = crossEntropy(scores, tensor(Int32Array.of(label), [1], { device, dtype: 'i32' }));
    const [slope, g] = grad(loss, [scores, weight]);
    return { scores, slope: slope as Tensor, g: g as Tensor };
  });
  network.train(training);
  const [scores, slope, w, g] = [await copyOf(made.scores), await copyOf(made.slope), await copyOf(weight), await copyOf(made.g)];
  for (const tensor of Object.values(made)) tensor.dispose();
  return { scores, slope, w, g };
}

const texturesOf = ({ amplitude, stride }: Config) => Float32Array.from(texture(SIDE, SIDE, { amplitude, stride }));

export async function inspect(example: Example, config: Config): Promise<LiveTensor[]> {
  const { scores, slope, w, g } = await learned(example);
  const baseline = baselineOf(example.x, config.baseline, config.seed);
  const difference = example.x.map((value, i) => value - (baseline[i] as number));
  return [
    { name: 'texture', symbol: 'T', terms: ['texture/T'], shape: IMAGE, data: texturesOf(config) },
    { name: 'logits', symbol: 'x', terms: ['cross-entropy/x'], ...scores },
    { name: 'gradient of the loss', symbol: 'g_x', terms: ['cross-entropy/gx'], ...slope },
    { name: 'last weights', symbol: 'θ', terms: ['adam/theta'], ...w },
    { name: 'their gradient', symbol: 'g', terms: ['adam/g'], ...g },
    { name: 'baseline', symbol: 'x′', terms: ['integrated-gradients/baseline'], shape: IMAGE, data: baseline },
    { name: 'path', symbol: 'x − x′', terms: ['integrated-gradients/difference'], shape: IMAGE, data: difference },
  ];
}

/** A convolution is linear: inside the border the texture is the sum of what each of its spikes makes. */
function textureCheck(config: Config): Verification {
  const { amplitude, stride } = config;
  const got = texturesOf(config);
  // One spike, far from the border, with its eight neighbours.
  const one = texture(SIDE, SIDE, { amplitude, stride: 14 });
  const expected = new Float32Array(SIDE * SIDE);
  for (let row = 0; row < SIDE; row += stride) {
    for (let column = 0; column < SIDE; column += stride) {
      for (let u = -1; u <= 1; u++) {
        for (let v = -1; v <= 1; v++) {
          const [i, j] = [row + u, column + v];
          if (i < 0 || j < 0 || i >= SIDE || j >= SIDE) continue;
          expected[i * SIDE + j] = (expected[i * SIDE + j] as number) + (one[(14 + u) * SIDE + 14 + v] as number);
        }
      }
    }
  }
  const inner = (values: Float32Array) =>
    values.filter((_, at) => [Math.floor(at / SIDE), at % SIDE].every((i) => i > 0 && i < SIDE - 1));
  const [a, b] = [inner(got), inner(expected)];
  const { error, index } = worstElement(a, b);
  return {
    name: 'texture against the sum of its spikes, inside the border',
    maxError: error,
    tolerance: 1e-5,
    worstIndex: index,
    shape: [SIDE - 2, SIDE - 2],
    got: a[index] as number,
    expected: b[index] as number,
  };
}

/** Σ of the attribution against S(x) − S(x′), and the tape's ∂S/∂x, on which it stands, against central differences. */
async function attributionChecks({ network, x, label }: Example, config: Config): Promise<Verification[]> {
  const { sum: got, difference } = await attribute(network, x, label, { ...config, method: 'integrated gradients' });
  const expected = difference ?? 0;
  const completeness = {
    name: `completeness with ${config.nodes} nodes: Σ of the attribution against S(x) − S(x′)`,
    maxError: Math.abs(got - expected) / (1 + Math.abs(expected)),
    tolerance: 0.05,
    worstIndex: 0,
    got,
    expected,
  };
  const { device } = network;
  const image = tensor(x, [1, SIDE, SIDE, 1], { device });
  const chosen = tensor(
    Float32Array.from({ length: 10 }, (_, k) => Number(k === label)),
    [1, 10],
    { device },
  );
  try {
    const score = (v: Tensor) => sum(mul(network.forward(v), chosen));
    const tape = await verifyGradient('∂S/∂x', (v) => score(v as Tensor), [image], { epsilon: 1e-2, maxElements: 16 });
    return [completeness, tape];
  } finally {
    image.dispose();
    chosen.dispose();
  }
}

/** |∂S/∂x| against central differences of the score, at the pixels where it is largest. */
async function saliencyChecks({ network, x, label }: Example, config: Config): Promise<Verification[]> {
  const { map } = await attribute(network, x, label, { ...config, method: 'saliency' });
  const strongest = [...map.keys()].sort((a, b) => (map[b] as number) - (map[a] as number)).slice(0, 8);
  const step = 2e-2;
  const moved = new Float32Array(2 * strongest.length * x.length);
  strongest.forEach((pixel, k) => {
    for (const [half, sign] of [1, -1].entries()) {
      const row = moved.subarray((2 * k + half) * x.length, (2 * k + half + 1) * x.length);
      row.set(x);
      row[pixel] = (row[pixel] as number) + sign * step;
    }
  });
  const out = scope(() =>
    noGrad(() => network.forward(tensor(moved, [2 * strongest.length, SIDE, SIDE, 1], { device: network.device }))),
  );
  const scores = await out.data();
  out.dispose();
  const classes = scores.length / (2 * strongest.length);
  const score = (row: number) => scores[row * classes + label] as number;
  const [got, expected] = [
    Float32Array.from(strongest, (pixel) => map[pixel] as number),
    Float32Array.from(strongest, (_, k) => Math.abs(score(2 * k) - score(2 * k + 1)) / (2 * step)),
  ];
  const { error, index } = worstElement(got, expected);
  return [
    {
      name: '|∂S/∂x| against central differences, at the eight largest pixels',
      maxError: error,
      // A kink of a ReLU within the step shows here.
      tolerance: 0.05,
      worstIndex: strongest[index] as number,
      shape: IMAGE,
      got: got[index] as number,
      expected: expected[index] as number,
    },
  ];
}

/** @param card id of one of the lab's cards */
export async function verify(example: Example, config: Config, card: string): Promise<Verification[]> {
  if (card === 'texture') return [textureCheck(config)];
  if (card === 'integrated-gradients') return attributionChecks(example, config);
  if (card === 'saliency') return saliencyChecks(example, config);
  const { scores, w, g } = await learned(example);
  if (card === 'cross-entropy') return lossChecks(card, scores, Int32Array.of(example.label));
  if (card === 'adam') return adamChecks({ theta: w.data, g: g.data, step: example.step }, { lr: config.rate });
  throw new Error(`there is no check for the card '${card}'`);
}
