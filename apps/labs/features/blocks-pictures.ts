/** Pictures of the building blocks, from what the run has told. Plain, without the engine. */
import type { ImageBatch } from '../../components/shared/images.ts';
import type { IconSet } from './icon-file.ts';
import type { DirectionIcons, Grid } from './take-apart.ts';

const GREY = 128;

/** The icons of some channels; grey for those that have none yet. */
export function iconsOf(set: IconSet | undefined, channels: ArrayLike<number>): ImageBatch | null {
  if (!set) return null;
  const bytes = set.side * set.side * set.depth;
  const data = new Uint8Array(channels.length * bytes).fill(GREY);
  Array.from(channels).forEach((channel, at) => {
    const from = set.channels.indexOf(channel);
    if (from >= 0) data.set(set.pixels.subarray(from * bytes, (from + 1) * bytes), at * bytes);
  });
  return { data, count: channels.length, width: set.side, height: set.side, channels: set.depth };
}

/** Icons of directions as a batch. */
export function directionBatch({ side, depth, pixels }: DirectionIcons): ImageBatch {
  return { data: pixels, count: pixels.length / (side * side * depth), width: side, height: side, channels: depth };
}

/** The activation grid as one picture: each icon, shrunk to its area, in the middle of its cell. */
export function mosaic({ side, depth, pixels, rows, columns, areas }: Grid): ImageBatch {
  const [width, height] = [columns * side, rows * side];
  const data = new Uint8Array(width * height * depth).fill(GREY);
  for (let cell = 0; cell < rows * columns; cell++) {
    const own = Math.max(1, Math.round(side * Math.sqrt(areas[cell] ?? 0)));
    const border = Math.floor((side - own) / 2);
    for (let y = 0; y < own; y++) {
      for (let x = 0; x < own; x++) {
        const from = ((cell * side + Math.floor((y * side) / own)) * side + Math.floor((x * side) / own)) * depth;
        const row = Math.floor(cell / columns) * side + border + y;
        const to = (row * width + (cell % columns) * side + border + x) * depth;
        for (let c = 0; c < depth; c++) data[to + c] = pixels[from + c] ?? GREY;
      }
    }
  }
  return { data, count: 1, width, height, channels: depth };
}

/** The channels that make up most of a direction, as an objective names them. */
export function mixOf(direction: Float32Array = new Float32Array(0), most = 24): [channel: number, amount: number][] {
  return Array.from(direction, (amount, channel): [number, number] => [channel, Number(amount.toFixed(3))])
    .filter(([, amount]) => amount !== 0)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    .slice(0, most);
}

/** The row of a map between layers: what one position does for each later one; or where one later position has it from. */
export function betweenMap(
  values: Float32Array,
  cells: number,
  later: number,
  at: number,
  from: 'earlier' | 'later',
): Float32Array {
  if (from === 'earlier') return values.slice(at * later, (at + 1) * later);
  return Float32Array.from({ length: cells }, (_, cell) => values[cell * later + at] ?? 0);
}
