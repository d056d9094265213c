/** What the math cards ask of a run: tensors of the chosen picture and its attack, and checks on them. */
import { fgsm, penalisedAttack, pgdPath } from '../../../engine/explain/adversarial.ts';
import { adversarialTransform } from '../../../engine/explain/adversarial-training.ts';
import { crossEntropy, DeviceGenerator, grad, scope, square, sum, type Tensor, tensor } from '../../../engine/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { add, mul, reshape, sub } from '../../../engine/ops/index.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import { copyOf, lossChecks, type Values } from '../../math/checks.ts';
import { worstElement } from '../../math/verify.ts';
import { type Picture, verdict } from './attack.ts';
import { CLIP, type Config } from './networks.ts';

/** The picture that the cards are about, and the network that looks at it. */
export interface Chosen extends Picture {
  readonly network: Network;
}

interface Gradient {
  readonly x: Tensor;
  readonly y: number;
  readonly scores: Values;
  /** ∂L/∂x */
  readonly slope: Values;
  dispose(): void;
}

async function gradientAt({ network, shape, pixels, label, ...rest }: Chosen, wished: number): Promise<Gradient> {
  const y = wished >= 0 ? wished : (label ?? (await verdict(network, { shape, pixels, ...rest })).predicted);
  const { device } = network;
  const x = tensor(pixels, [1, ...shape], { device, requiresGrad: true });
  const made = scope(() => {
    const scores = network.forward(x);
    const slope = grad(crossEntropy(scores, tensor(Int32Array.of(y), [1], { device, dtype: 'i32' })), [x])[0] as Tensor;
    return { scores: scores.detach(), slope };
  });
  const [scores, slope] = [await copyOf(made.scores), await copyOf(made.slope)];
  for (const part of Object.values(made)) part.dispose();
  return { x, y, scores, slope, dispose: () => x.dispose() };
}

export async function inspect(chosen: Chosen, { epsilon, target, lambda, rate }: Config): Promise<LiveTensor[]> {
  const { network } = chosen;
  const found = await gradientAt(chosen, target);
  const { x, y, slope, scores } = found;
  const targeted = target >= 0;
  const made = scope(() => ({
    fast: fgsm(network, x, [y], { epsilon, targeted, clip: CLIP }),
    small: penalisedAttack(network, x, [y], { lambda, lr: rate, steps: 20, clip: CLIP }),
  }));
  const [fast, small] = [await copyOf(made.fast), await copyOf(made.small)];
  for (const part of Object.values(made)) part.dispose();
  found.dispose();
  const shape = chosen.shape.slice(0, 2);
  const plane = ({ data }: Pick<Values, 'data'>) => {
    const channels = chosen.shape[2] as number;
    return channels === 1 ? data : data.filter((_, i) => i % channels === 0);
  };
  const delta = { data: small.data.map((value, i) => value - (chosen.pixels[i] as number)) };
  return [
    { name: 'picture', symbol: 'x', terms: ['fgsm/x', 'penalised-attack/x'], shape, data: plane({ data: chosen.pixels }) },
    {
      name: 'sign of the gradient',
      symbol: 'sign ∇L',
      terms: ['fgsm/sign', 'pgd/sign'],
      shape,
      data: plane(slope).map(Math.sign),
    },
    { name: 'after one step', symbol: 'x̃', terms: ['pgd/current'], shape, data: plane(fast) },
    { name: 'change after 20 steps', symbol: 'δ', terms: ['penalised-attack/delta'], shape, data: plane(delta) },
    { name: 'logits', symbol: 'x', terms: ['cross-entropy/x'], ...scores },
  ];
}

/** Two lists of numbers that should be equal. */
function compared(
  name: string,
  got: Float32Array,
  expected: Float32Array,
  shape: readonly number[],
  tolerance = 1e-5,
): Verification {
  const { error, index } = worstElement(got, expected);
  const [a, b] = [got[index] as number, expected[index] as number];
  return { name, maxError: error, tolerance, worstIndex: index, shape, got: a, expected: b };
}

const clamped = (value: number) => Math.min(CLIP.max, Math.max(CLIP.min, value));

/** Places on the way at which the slope is asked. */
const NODES = 128;

/**
 * The tape's slope against the loss itself: along the straight way from x to `end`, what the loss gains is the integral of ⟨∂L/∂x, end − x⟩. Central
 * differences at one picture would fail wherever a ReLU is about to bend; along a way their bends add up to the same loss.
 * @param lambda adds λ‖· − x‖² to the loss
 */
async function slopeCheck({ network, pixels, shape }: Chosen, y: number, end: Float32Array, lambda = 0): Promise<Verification> {
  const size = pixels.length;
  const way = end.map((value, i) => value - (pixels[i] as number));
  const path = new Float32Array((NODES + 2) * size);
  const places = [...Array.from({ length: NODES }, (_, k) => (k + 0.5) / NODES), 0, 1];
  places.forEach((alpha, k) => {
    for (let i = 0; i < size; i++) path[k * size + i] = (pixels[i] as number) + alpha * (way[i] as number);
  });
  const { device } = network;
  const made = scope(() => {
    const x = tensor(path, [NODES + 2, ...shape], { device, requiresGrad: true });
    const origin = tensor(pixels, [1, ...shape], { device });
    const labels = tensor(new Int32Array(NODES + 2).fill(y), undefined, { device });
    const entropy = crossEntropy(network.forward(x), labels, { reduction: 'none' });
    const price = mul(sum(square(sub(x, origin)), { axes: [1, 2, 3] }), lambda);
    const loss = add(reshape(entropy, [NODES + 2]), price);
    return { loss: loss.detach(), slope: grad(sum(loss), [x])[0] as Tensor };
  });
  const [loss, slope] = await Promise.all([made.loss.data(), made.slope.data()]);
  for (const part of Object.values(made)) part.dispose();
  let got = 0;
  for (let k = 0; k < NODES * size; k++) got += ((slope[k] as number) * (way[k % size] as number)) / NODES;
  const expected = (loss[NODES + 1] as number) - (loss[NODES] as number);
  const name = `∫⟨∂${lambda > 0 ? '(L + λ‖δ‖²)' : 'L'}/∂x, way⟩ against what the loss gains on the way, ${NODES} nodes`;
  const maxError = Math.abs(got - expected) / (1 + Math.abs(expected));
  return { name, maxError, tolerance: 0.01, worstIndex: 0, got, expected };
}

async function fgsmChecks(chosen: Chosen, found: Gradient, { epsilon, target }: Config): Promise<Verification[]> {
  const targeted = target >= 0;
  const moved = fgsm(chosen.network, found.x, [found.y], { epsilon, targeted, clip: CLIP });
  const got = await moved.data();
  moved.dispose();
  const way = targeted ? -epsilon : epsilon;
  const expected = chosen.pixels.map((value, i) => clamped(value + way * Math.sign(found.slope.data[i] as number)));
  return [compared('clip(x + ε sign ∇L) by hand', got, expected, chosen.shape), await slopeCheck(chosen, found.y, got)];
}

/** One step by hand from the second point of a walk, and the box around all of them. */
async function pgdChecks(chosen: Chosen, { x, y }: Gradient, config: Config): Promise<Verification[]> {
  const { network, pixels, shape } = chosen;
  const { epsilon, stepSize, target } = config;
  const targeted = target >= 0;
  const frames: Float32Array<ArrayBuffer>[] = [];
  const options = { epsilon, stepSize, steps: 8, targeted, randomStart: false, clip: CLIP };
  const points = [...pgdPath(network, x, [y], options)];
  for (const point of points) {
    frames.push(await point.data());
    point.dispose();
  }
  const before = frames[7] as Float32Array<ArrayBuffer>;
  const at = await gradientAt({ ...chosen, pixels: before }, y);
  const way = targeted ? -stepSize : stepSize;
  const expected = before.map((value, i) => {
    const moved = clamped(value + way * Math.sign(at.slope.data[i] as number));
    const [low, high] = [(pixels[i] as number) - epsilon, (pixels[i] as number) + epsilon];
    return clamped(Math.min(high, Math.max(low, moved)));
  });
  at.dispose();
  const last = frames[8] as Float32Array<ArrayBuffer>;
  const farthest = last.map((value, i) => Math.max(epsilon, Math.abs(value - (pixels[i] as number))));
  return [
    compared('step 8 by hand: Π clip(x⁷ + α sign ∇L)', last, expected, shape),
    compared('‖x⁸ − x‖∞ ≤ ε', farthest, new Float32Array(farthest.length).fill(epsilon), shape),
  ];
}

async function penalisedChecks(chosen: Chosen, { x, y }: Gradient, { lambda, rate: lr }: Config): Promise<Verification[]> {
  const moved = penalisedAttack(chosen.network, x, [y], { lambda, lr, steps: 20, clip: CLIP });
  const end = await moved.data();
  moved.dispose();
  return [await slopeCheck(chosen, y, end, lambda)];
}

/** What training on attacks shows the network instead: in the box, and with a loss that is not lower. */
async function trainingChecks({ network, pixels, shape }: Chosen, { x, y }: Gradient, config: Config): Promise<Verification[]> {
  const { hardenedEpsilon: epsilon, hardenedSteps: steps, seed } = config;
  const { device } = network;
  const rng = new DeviceGenerator(seed, 'check', device);
  const targets = tensor(Int32Array.of(y), [1], { device, dtype: 'i32' });
  const made = scope(() => {
    const { inputs } = adversarialTransform(network, { epsilon, steps, clip: CLIP })({ inputs: x.detach(), targets }, rng);
    const loss = (of: Tensor) => crossEntropy(network.forward(of), targets).detach();
    return { inputs, before: loss(x.detach()), after: loss(inputs) };
  });
  const [moved, before, after] = await Promise.all([made.inputs.data(), made.before.data(), made.after.data()]);
  for (const part of [...Object.values(made), targets, rng]) part.dispose();
  const farthest = moved.map((value, i) => Math.max(epsilon, Math.abs(value - (pixels[i] as number))));
  const highest = Float32Array.of(Math.max(before[0] as number, after[0] as number));
  return [
    compared('‖x′ − x‖∞ ≤ ε', farthest, new Float32Array(farthest.length).fill(epsilon), shape),
    compared('L(x′) is not below L(x)', after, highest, [1]),
  ];
}

/** @param card id of one of the lab's cards */
export async function verify(chosen: Chosen, config: Config, card: string): Promise<Verification[]> {
  const found = await gradientAt(chosen, config.target);
  try {
    if (card === 'fgsm') return await fgsmChecks(chosen, found, config);
    if (card === 'pgd') return await pgdChecks(chosen, found, config);
    if (card === 'penalised-attack') return await penalisedChecks(chosen, found, config);
    if (card === 'adversarial-training') return await trainingChecks(chosen, found, config);
    if (card === 'cross-entropy') return await lossChecks(card, found.scores, Int32Array.of(found.y));
    throw new Error(`there is no check for the card '${card}'`);
  } finally {
    found.dispose();
  }
}
