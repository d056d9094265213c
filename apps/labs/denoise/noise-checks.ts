/** What *Verify* compares for the lab's own cards: the noise as the device drew it, and the closed forms against many noisy copies. */
import { Generator } from '../../../engine/index.ts';
import { randomNormal, randomUniform } from '../../../engine/kernels/random.ts';
import type { Verification } from '../../math/card.ts';
import type { Values } from '../../math/checks.ts';
import { worstElement } from '../../math/verify.ts';
import { baselines, type Noise } from './noise.ts';

/** x̃ on the host, from the same random words. @param draw number of the draw of u; that of n follows */
function noisyOnHost(
  x: Float32Array,
  { power, level }: Noise,
  { seed, stream, step }: Generator,
  draw = 0,
): Float32Array<ArrayBuffer> {
  const state = Uint32Array.of(seed, stream, step, 0);
  const [u, n] = [new Float32Array(x.length), new Float32Array(x.length)];
  randomUniform.reference({ state }, { y: u }, { count: x.length, draw, low: 0, high: 1 });
  randomNormal.reference({ state }, { y: n }, { count: x.length, draw: draw + 1, mean: 0, std: 1 });
  return x.map((value, i) => value * (u[i] as number) ** power + level * (n[i] as number)) as Float32Array<ArrayBuffer>;
}

/** The card `noise`. @param noisy what the device made of `clean` with the stream 'shown noise' */
export function noiseCheck(clean: Values, noisy: Values, noise: Noise, seed: number): Verification {
  const expected = noisyOnHost(clean.data, noise, new Generator(seed, 'shown noise'));
  const { error, index } = worstElement(noisy.data, expected);
  return {
    name: 'noisy image of the device against the equation: x̃',
    maxError: error,
    tolerance: 1e-5,
    worstIndex: index,
    shape: clean.shape,
    got: noisy.data[index] ?? Number.NaN,
    expected: expected[index] ?? Number.NaN,
  };
}

const COPIES = 64;

/** The card `baseline`: the error of the best linear estimate for this image, in closed form and by a regression over noisy copies. */
export function baselineCheck({ data }: Values, noise: Noise, seed: number): Verification {
  const mean = (of: (i: number) => number, count: number) =>
    Array.from({ length: count }, (_, i) => of(i)).reduce((a, b) => a + b, 0) / count;
  const size = data.length;
  const { linear } = baselines(
    mean((i) => data[i] as number, size),
    mean((i) => (data[i] as number) ** 2, size),
    noise,
  );
  const generator = new Generator(seed, 'copies');
  const copies = Array.from({ length: COPIES }, (_, k) => noisyOnHost(data, noise, generator, 2 * k));
  const count = COPIES * size;
  const x = (i: number) => data[i % size] as number;
  const noisy = (i: number) => copies[Math.floor(i / size)]?.[i % size] as number;
  const [mx, my] = [mean(x, count), mean(noisy, count)];
  const covariance = mean((i) => (x(i) - mx) * (noisy(i) - my), count);
  const gain = covariance / mean((i) => (noisy(i) - my) ** 2, count);
  const found = mean((i) => (gain * (noisy(i) - my) + mx - x(i)) ** 2, count);
  return {
    name: `closed form against a regression over ${COPIES} noisy copies of the image: least error`,
    maxError: Math.abs(found - linear) / (1 + Math.abs(linear)),
    tolerance: 0.02,
    worstIndex: 0,
    got: linear,
    expected: found,
  };
}
