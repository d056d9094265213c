/** What the page makes of a run's events: coordinates, pictures, names. Plain functions; no DOM, no engine. */
import type { RunStore } from '../../runtime/store.ts';
import type { LayoutValue, Mapping } from './experiment.ts';

export interface Coordinates {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

const unpacked = new WeakMap<LayoutValue, Coordinates>();

/** Coordinates of a layout; the same arrays for the same layout, so that nothing is drawn twice. */
export function coordinatesOf(value: LayoutValue | undefined): Coordinates | undefined {
  if (!value) return undefined;
  const known = unpacked.get(value);
  if (known) return known;
  const count = value.y.length / 2;
  const made = { x: new Float32Array(count), y: new Float32Array(count) };
  const unit = value.extent / 32767;
  for (let i = 0; i < count; i++) {
    made.x[i] = (value.y[2 * i] as number) * unit;
    made.y[i] = (value.y[2 * i + 1] as number) * unit;
  }
  unpacked.set(value, made);
  return made;
}

/** The nearest neighbours of a point in the space that is embedded. */
export function neighboursOf(store: RunStore<Mapping>, index: number): number[] {
  const known = store.data.get('neighbours');
  if (!known || index < 0) return [];
  return Array.from(known.indices.subarray(index * known.k, (index + 1) * known.k));
}

/** The k nearest points on a map. */
export function nearestOnMap({ x, y }: Coordinates, index: number, k: number): number[] {
  const distance = (i: number) => ((x[i] as number) - (x[index] as number)) ** 2 + ((y[i] as number) - (y[index] as number)) ** 2;
  const best: number[] = [];
  for (let i = 0; i < x.length; i++) {
    if (i === index) continue;
    let at = best.length;
    while (at > 0 && distance(best[at - 1] as number) > distance(i)) at--;
    if (at < k) {
      best.splice(at, 0, i);
      best.length = Math.min(best.length, k);
    }
  }
  return best;
}
