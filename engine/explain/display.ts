/** Maps on the host as they are shown and counted: scaled, enlarged, their share of a region. The maps themselves are not changed. */
import { resizeSamples } from '../data/formats/resize.ts';
import { ConfigError } from '../errors.ts';

/** `min–max`: to [0, 1]; `sum`: magnitudes sum to 1. A map without any value stays as it is. */
export type MapScale = 'none' | 'min–max' | 'sum';

/** One map [H·W], scaled by itself. */
export function scaleMap(map: Float32Array, scale: MapScale): Float32Array<ArrayBuffer> {
  if (scale === 'sum') {
    const total = map.reduce((sum, value) => sum + Math.abs(value), 0);
    return Float32Array.from(map, (value) => value / (total || 1));
  }
  if (scale === 'none') return Float32Array.from(map);
  const low = map.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = map.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return Float32Array.from(map, (value) => (value - low) / (high - low || 1));
}

/** A map [h, w] enlarged to [height, width], bilinear with half-pixel centres (the rule of `resize2d`). */
export function enlargeMap(map: Float32Array, h: number, w: number, height: number, width: number): Float32Array<ArrayBuffer> {
  return h === height && w === width ? Float32Array.from(map) : resizeSamples(map, h, w, 1, height, width);
}

/**
 * Σ over a region of |Φ|, of Σ |Φ|: 0 … 1. A map without any value has the region's share of the area.
 * @param map Φ, one value a pixel
 * @param region not 0 at its pixels
 * @throws ConfigError where the lengths differ
 */
export function massShare(map: ArrayLike<number>, region: ArrayLike<number>): number {
  if (map.length !== region.length) throw new ConfigError('region', `must have ${map.length} pixels, as the map.`);
  let [inside, total, area] = [0, 0, 0];
  for (let i = 0; i < map.length; i++) {
    const value = Math.abs(map[i] as number);
    total += value;
    if (region[i] === 0) continue;
    inside += value;
    area += 1;
  }
  return total > 0 ? inside / total : area / map.length;
}
