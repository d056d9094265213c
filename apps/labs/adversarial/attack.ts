/** One picture attacked: the walk step by step, what the network says at each, and the plane that it walks in. */
import { fgsm, penalisedPath, pgdPath, signNoise } from '../../../engine/explain/adversarial.ts';
import { DeviceGenerator, noGrad, scope, type Tensor, tensor } from '../../../engine/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { type Landscape, landscapeOf } from './landscape.ts';
import { CLIP, type Config } from './networks.ts';

/** What a network says of a picture. */
export interface Verdict {
  readonly predicted: number;
  /** Its softmax probability. */
  readonly confidence: number;
  readonly probabilities: readonly number[];
}

/** A picture of the walk. */
export interface WalkPoint extends Verdict {
  /** Cross-entropy with the picture's own class, or in a targeted attack with the wished one. */
  readonly loss: number;
  /** ‖δ‖∞ and ‖δ‖₂ on the scale of pixels from 0 to 1. */
  readonly largest: number;
  readonly length: number;
}

/** The picture with random signs. */
export interface Noise {
  readonly pixels: Float32Array;
  readonly verdict: Verdict;
}

export interface Attacked {
  /** Number of the test image; null for the reader's own picture. */
  readonly index: number | null;
  /** Class whose loss is raised: the true one; of the reader's own picture what the network sees. */
  readonly label: number;
  readonly target: number | null;
  readonly settings: Pick<Config, 'attack' | 'epsilon' | 'stepSize' | 'lambda' | 'victim'>;
  /** [height, width, channels] */
  readonly shape: readonly number[];
  /** Pixels in [0, 1]. */
  readonly original: Float32Array;
  readonly clean: Verdict;
  /** The walk, its start first, as far as it has come: pictures one after another, and what the network says of each. */
  readonly frames: Float32Array;
  readonly points: readonly WalkPoint[];
  /** A change of the same size with random signs, and what the network says of it; null while the size is not known. */
  readonly noise: Noise | null;
  /** What the second network says of the last picture. */
  readonly other: Verdict | null;
  /** Null while the walk goes on. */
  readonly landscape: Landscape | null;
}

/** What is attacked. */
export interface Picture {
  readonly index: number | null;
  readonly label: number | null;
  /** [height, width, channels] */
  readonly shape: readonly number[];
  readonly pixels: Float32Array<ArrayBuffer>;
}

/** Probabilities by softmax. */
export function verdictOf(scores: ArrayLike<number>): Verdict {
  const list = Array.from(scores);
  const top = Math.max(...list);
  const powers = list.map((score) => Math.exp(score - top));
  const total = powers.reduce((a, b) => a + b, 0);
  const predicted = list.indexOf(top);
  return { predicted, confidence: 1 / total, probabilities: powers.map((power) => power / total) };
}

/** ln Σ e^z − z_y: cross-entropy with class y. */
function lossOf(scores: ArrayLike<number>, y: number): number {
  const list = Array.from(scores);
  const top = Math.max(...list);
  return top + Math.log(list.reduce((sum, score) => sum + Math.exp(score - top), 0)) - (list[y] as number);
}

async function scoresOf(network: Network, x: Tensor): Promise<Float32Array> {
  const made = scope(() => noGrad(() => network.forward(x)));
  const values = await made.data();
  made.dispose();
  return values;
}

/** What a network says of a picture. */
export async function verdict(network: Network, { shape, pixels }: Pick<Picture, 'shape' | 'pixels'>): Promise<Verdict> {
  const x = tensor(pixels, [1, ...shape], { device: network.device });
  try {
    return verdictOf(await scoresOf(network, x));
  } finally {
    x.dispose();
  }
}

/** The pictures that the chosen attack goes through, its start first; each lives until the next is pulled. */
function* walk(network: Network, x: Tensor, label: number, target: number | null, config: Config): Generator<Tensor, void> {
  const { attack, epsilon, stepSize, attackSteps: steps, randomStart, lambda, rate, seed } = config;
  const targeted = target !== null;
  const classes = [target ?? label];
  if (attack === 'fgsm') {
    yield x.detach();
    yield fgsm(network, x, classes, { epsilon, targeted, clip: CLIP });
  } else if (attack === 'penalised') {
    yield* penalisedPath(network, x, classes, { lambda, steps, lr: rate, clip: CLIP });
  } else {
    const rng = new DeviceGenerator(seed, 'random start', network.device);
    try {
      yield* pgdPath(network, x, classes, { epsilon, stepSize, steps, targeted, randomStart, rng, clip: CLIP });
    } finally {
      rng.dispose();
    }
  }
}

/** Steps that an attack of these settings takes. */
export const stepsOf = ({ attack, attackSteps }: Config): number => (attack === 'fgsm' ? 1 : attackSteps);

/** The class that is wished for: the chosen one; the penalised form needs one, and takes the second most likely. */
function targetOf({ target, attack }: Config, { probabilities }: Verdict, label: number): number | null {
  if (target >= 0) return Math.min(target, probabilities.length - 1);
  if (attack !== 'penalised') return null;
  const others = probabilities.map((p, k) => (k === label ? -1 : p));
  return others.indexOf(Math.max(...others));
}

/** ‖to − from‖∞ and ‖to − from‖₂. */
const sizeOf = (from: Float32Array, to: Float32Array) => {
  let [largest, squares] = [0, 0];
  for (let i = 0; i < from.length; i++) {
    const change = Math.abs((to[i] as number) - (from[i] as number));
    largest = Math.max(largest, change);
    squares += change * change;
  }
  return { largest, length: Math.sqrt(squares) };
};

/**
 * Attacks a picture; yields what there is after each step, and with the landscape at the end.
 * @param other asked about the last picture
 */
export async function* attackPicture(
  network: Network,
  picture: Picture,
  config: Config,
  other: Network | null,
): AsyncGenerator<Attacked, void> {
  const { shape, pixels: original } = picture;
  const clean = await verdict(network, picture);
  const label = picture.label ?? clean.predicted;
  const target = targetOf(config, clean, label);
  const { attack, epsilon, stepSize, lambda, victim } = config;
  const settings = { attack, epsilon, stepSize, lambda, victim };
  const x = tensor(original, [1, ...shape], { device: network.device });
  const frames: Float32Array<ArrayBuffer>[] = [];
  const points: WalkPoint[] = [];
  // A path goes on from its last point: that one is released when the next is there.
  let before: Tensor | undefined;
  try {
    let found: Attacked | undefined;
    // Random signs of the attack's size: ε where there is one, else what gives the same ‖δ‖₂.
    const noise = attack === 'penalised' ? null : await noiseOf(network, x, epsilon, config.seed);
    for (const point of walk(network, x, label, target, config)) {
      const scores = await scoresOf(network, point);
      const pixels = await point.data();
      before?.dispose();
      before = point;
      frames.push(pixels);
      points.push({ ...verdictOf(scores), loss: lossOf(scores, target ?? label), ...sizeOf(original, pixels) });
      found = {
        ...{ index: picture.index, label, target, settings, shape, original, clean, noise },
        ...{ frames: joined(frames), points: [...points], other: null, landscape: null },
      };
      yield found;
    }
    if (!found) return;
    const last = frames.at(-1) as Float32Array<ArrayBuffer>;
    const { length } = points.at(-1) as WalkPoint;
    const control = noise ?? (await noiseOf(network, x, length / Math.sqrt(x.size), config.seed));
    const around = { y: target ?? label, noise: control.pixels, epsilon: attack === 'penalised' ? null : epsilon };
    yield {
      ...found,
      noise: control,
      other: other && (await verdict(other, { shape, pixels: last })),
      landscape: await landscapeOf(network, x, frames, around),
    };
  } finally {
    before?.dispose();
    x.dispose();
  }
}

function joined(frames: readonly Float32Array[]): Float32Array {
  const size = frames[0]?.length ?? 0;
  const all = new Float32Array(frames.length * size);
  frames.forEach((frame, i) => {
    all.set(frame, i * size);
  });
  return all;
}

async function noiseOf(network: Network, x: Tensor, epsilon: number, seed: number): Promise<Noise> {
  const rng = new DeviceGenerator(seed, 'noise of the same size', network.device);
  const noisy = signNoise(x, { epsilon, rng, clip: CLIP });
  const verdict = verdictOf(await scoresOf(network, noisy));
  const pixels = await noisy.data();
  for (const made of [noisy, rng]) made.dispose();
  return { pixels, verdict };
}
