/** What the displays of Olah et al. 2018 (The Building Blocks of Interpretability) are made of, on the host. */
import { ArgumentError, ConfigError, kindOf, requireRecord, ShapeError } from '../errors.ts';

/** A layer's output for one image, on the host. */
export interface HostMaps {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** [height, width, channels]. */
  readonly values: ArrayLike<number>;
}

/** @throws ArgumentError for what is no list of numbers */
function checkList(name: string, list: unknown): asserts list is ArrayLike<number> {
  if (Array.isArray(list) || (ArrayBuffer.isView(list) && !(list instanceof DataView))) return;
  throw new ArgumentError(name, `it must be an array of numbers, not ${kindOf(list)}`);
}

/** @throws ArgumentError for what are no maps; ShapeError unless there is a value for each position and channel */
function check(op: string, maps: HostMaps): void {
  requireRecord(op, maps, 'the maps');
  const { height, width, channels, values } = maps;
  checkList('values', values);
  const sizes = [height, width, channels];
  if (!sizes.every((size) => Number.isInteger(size) && size > 0) || values.length !== height * width * channels) {
    throw new ShapeError(op, [[values.length], sizes], 'there must be a value for each position and channel');
  }
}

export interface DictionaryCell {
  readonly y: number;
  readonly x: number;
  /** The channels that are strongest here, the strongest first, equal ones by number. */
  readonly channels: readonly { readonly channel: number; readonly value: number }[];
}

export interface SemanticDictionary {
  /** Row by row. */
  readonly cells: readonly DictionaryCell[];
  /** Where to look first: arg max over positions of the strongest channel. */
  readonly cursor: { readonly y: number; readonly x: number };
}

/** At each position the channels with the largest A_ijk. @param top how many. Default 4 */
export function semanticDictionary(maps: HostMaps, top = 4): SemanticDictionary {
  check('semanticDictionary', maps);
  if (!Number.isInteger(top) || top < 1) throw new ConfigError('top', `must be a whole number of at least 1, got ${top}.`);
  const { height, width, channels, values } = maps;
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  const cells = Array.from({ length: height * width }, (_, cell) => {
    const at = (k: number) => values[cell * channels + k] as number;
    const order = Array.from({ length: channels }, (_, k) => k).sort((a, b) => at(b) - at(a) || a - b);
    return {
      y: Math.floor(cell / width),
      x: cell % width,
      channels: order.slice(0, top).map((channel) => ({ channel, value: at(channel) })),
    };
  });
  const cell = Math.floor(best / channels);
  return { cells, cursor: { y: Math.floor(cell / width), x: cell % width } };
}

export interface GridCell {
  /** A_ij:, what to visualise here. */
  readonly direction: Float32Array<ArrayBuffer>;
  /** ‖A_ij:‖₂ relative to the largest of the image, 0 … 1: the area of the cell's icon. */
  readonly area: number;
}

/**
 * The activation grid: one direction and area a position, row by row.
 * @throws ShapeError where the values do not fill the maps; ConfigError for one that is not finite: no area can be told then
 */
export function activationGrid(maps: HostMaps): GridCell[] {
  check('activationGrid', maps);
  const { height, width, channels, values } = maps;
  const directions = Array.from({ length: height * width }, (_, cell) =>
    Float32Array.from({ length: channels }, (_, k) => values[cell * channels + k] as number),
  );
  const norms = directions.map((direction) => Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0)));
  const broken = norms.findIndex((norm) => !Number.isFinite(norm));
  if (broken >= 0) {
    throw new ConfigError(
      'values',
      `must be finite; at row ${Math.floor(broken / width)}, column ${broken % width} they are not.`,
    );
  }
  const largest = norms.reduce((most, norm) => Math.max(most, norm), 0);
  return directions.map((direction, cell) => ({ direction, area: largest > 0 ? (norms[cell] as number) / largest : 0 }));
}

/**
 * Colours of a map for two classes: a, b clipped at 0, (a, (a + b)/2, b)/(0.01 + max|·|/1.5) + 0.3, clipped to [0, 1].
 * @param a and `b` spatial attributions to two classes, of one length
 * @returns red, green and blue of each position
 */
export function twoClassColours(a: ArrayLike<number>, b: ArrayLike<number>): Float32Array<ArrayBuffer> {
  checkList('a', a);
  checkList('b', b);
  if (a.length !== b.length) throw new ShapeError('twoClassColours', [[a.length], [b.length]], 'both maps must have one length');
  const [left, right] = [a, b].map((map) => Array.from(map, (value) => Math.max(0, value))) as [number[], number[]];
  const largest = [...left, ...right].reduce((most, value) => Math.max(most, value), 0);
  const scale = 1 / (0.01 + largest / 1.5);
  return Float32Array.from({ length: 3 * a.length }, (_, i) => {
    const [p, q] = [left[Math.floor(i / 3)] as number, right[Math.floor(i / 3)] as number];
    const value = [p, (p + q) / 2, q][i % 3] as number;
    return Math.min(1, value * scale + 0.3);
  });
}

/**
 * The value below which the share q of the sorted magnitudes lies (with interpolation): where a display clips.
 * @param q from 0 to 1. Default 0.99
 * @throws ConfigError for an empty map, one with values that are not finite, or another q
 */
export function displayScale(map: ArrayLike<number>, q = 0.99): number {
  checkList('map', map);
  if (map.length === 0) throw new ConfigError('map', 'must not be empty.');
  if (!(q >= 0 && q <= 1)) throw new ConfigError('q', `must be a share from 0 to 1, got ${q}.`);
  for (let i = 0; i < map.length; i++) {
    if (!Number.isFinite(map[i])) throw new ConfigError('map', `must be finite, got ${map[i]} at ${i}.`);
  }
  const sorted = Float64Array.from(map, Math.abs).sort();
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  return low + (position - below) * ((sorted[Math.min(below + 1, sorted.length - 1)] as number) - low);
}
