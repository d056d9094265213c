/** How far images are from a heat map: the nine measures of MODE's replication, on the device, for thousands of candidates at once. */
import { ConfigError, ShapeError } from '../errors.ts';
import { type MeasureName, measureKernels, measureNames } from '../kernels/measures.ts';
import { scope } from '../memory.ts';
import { sort } from '../ops/index.ts';
import { run } from '../ops/run.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';

export { type MeasureName, measureNames };

export interface MeasureOptions {
  /** Exponent of Minkowski's measure, above 0 and at most 15, where the power of one grey level of 255 is the least that float32 holds. Default 3. */
  readonly p?: number;
}

/**
 * One measure of every candidate against a pattern. `dot` grows with likeness, all others shrink. `cosine` is 1 − cos (1 for a vector of
 * zeros); `canberra` and `brayCurtis` take 0/0 as 0, and `brayCurtis` of u = −h is infinite; `earthMover` is the distance between the two sets of values, their places ignored.
 * @param u candidates [K, d]
 * @param h pattern [d]
 * @returns [K]
 * @throws ShapeError where the lengths differ; ConfigError for an unknown measure, p ≤ 0 or p > 15
 */
export function measure(name: MeasureName, u: Tensor, h: Tensor, { p = 3 }: MeasureOptions = {}): Tensor {
  const kernel = measureKernels[name];
  if (!kernel) throw new ConfigError('measure', `'${name}' is no measure; use ${measureNames.join(', ')}.`);
  if (!(p > 0 && p <= 15)) throw new ConfigError('measure.p', `must be a number above 0 and at most 15, got ${p}.`);
  const [rows, length] = u.shape;
  if (rows === undefined || u.rank !== 2 || h.rank !== 1 || h.shape[0] !== length) {
    throw new ShapeError('measure', [u.shape, h.shape], 'the candidates must be [K, d] and the pattern [d]');
  }
  if (u.size === 0) throw new ShapeError('measure', [u.shape, h.shape], 'there must be a candidate and an element');
  return scope(() => {
    const sorted = name === 'earthMover';
    const y = emptyTensor([rows], 'measure', 'f32', u.device);
    run(kernel, { u: sorted ? sort(u) : u, h: sorted ? sort(h) : h, y }, { rows, length: length as number, p });
    return y;
  });
}

export interface OrderOptions {
  /**
   * Puts the greatest earth mover's distance first, as the published replication does by mistake (its ranking is not reversed), so that its
   * 'best' images are the least alike.
   */
  readonly asPublished?: boolean;
}

/** Candidates from the most to the least alike, NaN last; equal ones by index. @param values of `measure`, on the host */
export function mostAlike(name: MeasureName, values: ArrayLike<number>, { asPublished = false }: OrderOptions = {}): number[] {
  const falling = name === 'dot' || (asPublished && name === 'earthMover');
  const sign = falling ? -1 : 1;
  const places = Float64Array.from(values, (value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : sign * value));
  return Array.from(places, (_, i) => i).sort((a, b) => (places[a] as number) - (places[b] as number) || a - b);
}
