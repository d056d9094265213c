/** The landscape of an attack: the loss around the picture, on the plane that the walk goes through. */
import { classPlane, lossPlane, walkPlane } from '../../../engine/explain/loss-plane.ts';
import { type Tensor, tensor } from '../../../engine/index.ts';
import type { Network } from '../../../engine/nn/network.ts';

const GRID = 31;

/** The loss around the picture, on the plane through it, the end of the walk and the point of the walk that is farthest from that line. */
export interface Landscape {
  /** Coordinates of the cells in units of ‖·‖₂; (0, 0) is the picture. */
  readonly along: readonly number[];
  readonly across: readonly number[];
  /** Rows are `across`. */
  readonly loss: Float32Array;
  readonly classes: Float32Array;
  /** Whether a cell lies in the box of ε; null without a box. */
  readonly inside: Uint8Array | null;
  readonly walk: readonly (readonly [along: number, across: number])[];
  /** Largest distance of a point of the walk from the plane. */
  readonly outside: number;
}

const spread = (values: readonly number[]): readonly number[] => {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const margin = 0.2 * (high - low) || 1;
  return Array.from({ length: GRID }, (_, i) => low - margin + ((high - low + 2 * margin) * i) / (GRID - 1));
};

/** What the landscape is drawn for. */
export interface Around {
  /** Class of the loss. */
  readonly y: number;
  /** A picture that gives the second direction where the walk is a line. */
  readonly noise: Float32Array;
  /** Half the side of the box; null: none. */
  readonly epsilon: number | null;
}

/**
 * The loss on the plane of a walk; null where the walk ends where the picture is.
 * @param x the picture [1, …]
 * @param frames pictures of the walk
 */
export async function landscapeOf(
  network: Network,
  x: Tensor,
  frames: readonly Float32Array<ArrayBuffer>[],
  { y, noise, epsilon }: Around,
): Promise<Landscape | null> {
  const origin = await x.data();
  if (frames.at(-1)?.every((value, i) => Math.abs(value - (origin[i] as number)) < 1e-6) !== false) return null;
  const beside = noise.map((value, i) => value - (origin[i] as number));
  const { axes, coordinates, outside } = walkPlane(origin, frames, beside);
  const along = spread(coordinates.map(([a]) => a));
  const across = spread([...coordinates.map(([, b]) => b), (along.at(-1) as number) / 3, -(along.at(-1) as number) / 3]);
  const directions = axes.map((axis) => tensor(axis, x.shape, { device: x.device })) as [Tensor, Tensor];
  try {
    const options = { axes: directions, at: [along, across], batchSize: 256 } as const;
    const [loss, classes] = [await lossPlane(network, x, y, options), await classPlane(network, x, options)];
    return {
      ...{ along, across, loss, classes, walk: coordinates, outside: Math.max(...outside) },
      inside: epsilon === null ? null : insideBox(along, across, axes, epsilon),
    };
  } finally {
    for (const direction of directions) direction.dispose();
  }
}

function insideBox(
  along: readonly number[],
  across: readonly number[],
  [first, second]: readonly [Float32Array, Float32Array],
  epsilon: number,
): Uint8Array {
  const within = (a: number, b: number) =>
    first.every((value, i) => Math.abs(a * value + b * (second[i] as number)) <= epsilon * (1 + 1e-4));
  return Uint8Array.from(across.flatMap((b) => along.map((a) => Number(within(a, b)))));
}
