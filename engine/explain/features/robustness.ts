/**
 * Transformations between image and network, drawn anew in each step (Olah et al. 2017): what fires only at one exact position, size or angle
 * cannot be climbed. Lucid pads the image with grey so that something can move in; here everything beyond the image is grey.
 */
import { ConfigError } from '../../errors.ts';
import { similarity } from '../../kernels/affine-warp.ts';
import type { Generator } from '../../random.ts';

export interface RobustnessOptions {
  /** Largest shifts, in pixels, before and after scaling: uniform whole numbers in [−j/2, j/2] each. */
  readonly jitter: readonly number[];
  /** Factors to draw from. */
  readonly scales: readonly number[];
  /** Degrees to draw from. */
  readonly angles: readonly number[];
}

const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step);

/** Lucid's default: jitter 8 and 4, scale 0.9 … 1.1, rotation −10 … 10° with 0 over-represented. */
export const LUCID_ROBUSTNESS: RobustnessOptions = {
  jitter: [8, 4],
  scales: range(0.9, 1.1, 0.02),
  angles: [...range(-10, 10, 1), 0, 0, 0, 0, 0],
};

/** The article's: jitter 16 and 8, scale 0.95 … 1.05, rotation −5 … 5°. */
export const ARTICLE_ROBUSTNESS: RobustnessOptions = {
  jitter: [16, 8],
  scales: [1, 0.975, 1.025, 0.95, 1.05],
  angles: range(-5, 5, 1),
};

/** Lucid's, scaled down for networks of small images: jitter 2, ±5 % and ±5°. */
export const SMALL_ROBUSTNESS: RobustnessOptions = {
  jitter: [2],
  scales: range(0.95, 1.05, 0.025),
  angles: range(-5, 5, 1),
};

/** No transformation: every step sees the image as it is. */
export const NO_ROBUSTNESS: RobustnessOptions = { jitter: [], scales: [1], angles: [0] };

/** @throws ConfigError for numbers that no transformation has */
export function checkRobustness({ jitter, scales, angles }: RobustnessOptions): void {
  if (!jitter.every((j) => Number.isInteger(j) && j >= 0))
    throw new ConfigError('robustness.jitter', 'must be whole numbers of at least 0.');
  if (scales.length === 0 || !scales.every((s) => s > 0)) throw new ConfigError('robustness.scales', 'must be numbers above 0.');
  if (angles.length === 0 || !angles.every(Number.isFinite)) throw new ConfigError('robustness.angles', 'must be numbers.');
}

/**
 * Matrices for `affineWarp`, one an image, that turn, scale and shift an image about its centre and crop it to the network's input: [N, 6].
 * One bilinear step does what Lucid does in several, so that the image is blurred once.
 * @param from height and width of the image; `to` those of the network's input
 */
export function drawTransforms(
  options: RobustnessOptions,
  batch: number,
  from: readonly [number, number],
  to: readonly [number, number],
  rng: Generator,
): Float32Array<ArrayBuffer> {
  const matrices = new Float32Array(batch * 6);
  const words = rng.uniform(batch * (2 + 2 * options.jitter.length));
  let next = 0;
  const uniform = () => words[next++] as number;
  const choose = (list: readonly number[]) => list[Math.min(list.length - 1, Math.floor(uniform() * list.length))] as number;
  for (let n = 0; n < batch; n++) {
    const [scale, angle] = [choose(options.scales), (choose(options.angles) * Math.PI) / 180];
    let [shiftX, shiftY] = [0, 0];
    for (const j of options.jitter) {
      shiftX += Math.floor(uniform() * (j + 1)) - Math.floor(j / 2);
      shiftY += Math.floor(uniform() * (j + 1)) - Math.floor(j / 2);
    }
    const [a, b, c, d, e, f] = similarity(from, { angle, scale, shiftX, shiftY }) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    // The output's centre shows the image's: pixel (q, p) of the output is pixel (q + (W − w)/2, p + (H − h)/2) of an output as large as the image.
    const [dx, dy] = [(from[1] - to[1]) / 2, (from[0] - to[0]) / 2];
    matrices.set([a, b, c + a * dx + b * dy, d, e, f + d * dx + e * dy], n * 6);
  }
  return matrices;
}
