/** The landscape that an attack walks in: the loss, and what the network says, over a plane of images. */
import { noGrad } from '../autodiff.ts';
import { ArgumentError, ConfigError, kindOf, requireRecord, ShapeError } from '../errors.ts';
import { scope } from '../memory.ts';
import type { Network } from '../nn/network.ts';
import { add, argmax, cast, clamp, crossEntropy, mul, reshape } from '../ops/index.ts';
import { sameShape, Tensor, tensor } from '../tensor.ts';
import { checkSubject, inEvaluation, targetTensor } from './scores.ts';

export interface PlaneOptions {
  /** Directions of the plane's axes, of the shape of x. */
  readonly axes: readonly [Tensor, Tensor];
  /** Coordinates along each. */
  readonly at: readonly [readonly number[], readonly number[]];
  /** Range that the images of the plane are clipped to; absent: none. */
  readonly clip?: { readonly min: number; readonly max: number };
  /** Points that go through the network together. Default 64. */
  readonly batchSize?: number;
}

export type LossPlaneOptions = PlaneOptions;

function checkPlane(op: string, x: Tensor, options: PlaneOptions): void {
  requireRecord(op, options);
  const { axes, at, batchSize = 64 } = options;
  if (!Array.isArray(axes) || axes.length !== 2 || !axes.every((axis) => axis instanceof Tensor)) {
    throw new ArgumentError(op, `axes must be two tensors, not ${kindOf(axes)}`);
  }
  if (!Array.isArray(at) || at.length !== 2 || !at.every((list) => Array.isArray(list))) {
    throw new ArgumentError(op, `at must be two lists of coordinates, not ${kindOf(at)}`);
  }
  if (x.shape[0] !== 1 || !axes.every((axis) => sameShape(axis.shape, x.shape))) {
    throw new ShapeError(op, [x.shape, ...axes.map((axis) => axis.shape)], 'x must be one sample and the axes of its shape');
  }
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new ConfigError('batchSize', `must be a whole number of at least 1, got ${batchSize}.`);
}

/** What `measure` makes of each point x + a d₁ + b d₂ of the grid, row by row of the second axis. */
async function overPlane(
  network: Network,
  x: Tensor,
  { axes, at, clip, batchSize = 64 }: PlaneOptions,
  measure: (scores: Tensor, count: number) => Tensor,
): Promise<Float32Array<ArrayBuffer>> {
  const [along, across] = at;
  const points = across.flatMap((b) => along.map((a) => [a, b] as const));
  const values = new Float32Array(points.length);
  for (let start = 0; start < points.length; start += batchSize) {
    const some = points.slice(start, start + batchSize);
    const found = scope(() =>
      noGrad(() =>
        inEvaluation(network, () => {
          const column = (which: 0 | 1) =>
            tensor(
              some.map((point) => point[which]),
              [some.length, ...x.shape.slice(1).map(() => 1)],
              { device: x.device },
            );
          const moved = add(x.detach(), add(mul(axes[0].detach(), column(0)), mul(axes[1].detach(), column(1))));
          return measure(network.forward(clip ? clamp(moved, clip.min, clip.max) : moved), some.length);
        }),
      ),
    );
    values.set(await found.data(), start);
    found.dispose();
  }
  return values;
}

/**
 * L(x + a d₁ + b d₂, y) over a grid of (a, b): the landscape that an attack walks in.
 * @param x one image [1, …]
 * @param target y
 * @returns [coordinates of the second axis, coordinates of the first], on the host
 */
export async function lossPlane(
  network: Network,
  x: Tensor,
  target: number,
  options: LossPlaneOptions,
): Promise<Float32Array<ArrayBuffer>> {
  checkSubject(network, x);
  checkPlane('lossPlane', x, options);
  targetTensor([target], 1, x, network.outputShape.at(-1)).dispose();
  return overPlane(network, x, options, (scores, count) => {
    const labels = tensor(new Int32Array(count).fill(target), undefined, { device: x.device });
    return reshape(crossEntropy(scores, labels, { reduction: 'none' }), [count]);
  });
}

/** The class with the largest score over the same grid: where the network's mind changes. */
export async function classPlane(network: Network, x: Tensor, options: PlaneOptions): Promise<Float32Array<ArrayBuffer>> {
  checkSubject(network, x);
  checkPlane('classPlane', x, options);
  return overPlane(network, x, options, (scores, count) => reshape(cast(argmax(scores), 'f32'), [count]));
}

/** A plane through a walk. */
export interface WalkPlane {
  /** Orthonormal directions. */
  readonly axes: readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
  /** Coordinates of each point of the walk, in units of ‖·‖₂; the origin of the walk is (0, 0). */
  readonly coordinates: readonly (readonly [along: number, across: number])[];
  /** Distance of each point from the plane. */
  readonly outside: readonly number[];
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/** The vector with length 1, or undefined where rounding is all there is. */
function unit(vector: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> | undefined {
  const length = Math.sqrt(dot(vector, vector));
  return length > 1e-6 ? vector.map((value) => value / length) : undefined;
}

/**
 * The plane that holds the origin, the last point of a walk, and of the others the one that is farthest from the line between these two.
 * @param origin where coordinates are 0, usually the picture that is attacked
 * @param points of the walk
 * @param spare direction of the second axis where the walk is a line
 * @throws ShapeError where the lengths differ; ConfigError for a walk that stays at its origin
 */
export function walkPlane(origin: Float32Array, points: readonly Float32Array[], spare: Float32Array): WalkPlane {
  if (!(origin instanceof Float32Array))
    throw new ArgumentError('walkPlane', `origin must be a Float32Array, not ${kindOf(origin)}`);
  const vectors = { spare, ...(Array.isArray(points) ? points : [points]) } as Record<string, unknown>;
  for (const [name, vector] of Object.entries(vectors)) {
    if (!(vector instanceof Float32Array)) {
      throw new ArgumentError('walkPlane', `${name} must be a Float32Array, not ${kindOf(vector)}`);
    }
    if (vector.length !== origin.length)
      throw new ShapeError('walkPlane', [[origin.length], [vector.length]], 'all must be equally long');
  }
  const from = (vector: Float32Array) => vector.map((value, i) => value - (origin[i] as number));
  const moves = points.map(from);
  const first = unit(moves.at(-1) ?? new Float32Array(origin.length));
  if (!first) throw new ConfigError('points', 'the walk must end elsewhere than at its origin.');
  const beside = (vector: Float32Array) => {
    const along = dot(vector, first);
    return vector.map((value, i) => value - along * (first[i] as number)) as Float32Array<ArrayBuffer>;
  };
  const rests = moves.map(beside);
  const farthest = rests.reduce(
    (best, rest) => (dot(rest, rest) > dot(best, best) ? rest : best),
    new Float32Array(origin.length),
  );
  const second = unit(farthest) ?? unit(beside(spare)) ?? new Float32Array(origin.length);
  const coordinates = moves.map((move) => [dot(move, first), dot(move, second)] as const);
  const outside = moves.map((move, i) => {
    const [a, b] = coordinates[i] as readonly [number, number];
    return Math.sqrt(Math.max(0, dot(move, move) - a * a - b * b));
  });
  return { axes: [first, second], coordinates, outside };
}
