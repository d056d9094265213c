/** Data for the gallery: made from a fixed seed, so that two screenshots agree. */
import type { ImageBatch } from '../components/shared/images.ts';

/** Small generator for pictures (mulberry32); the engine's own is for experiments. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A falling loss with noise. */
export function lossCurve(n: number, floor: number, rate: number, noise: number, seed: number): { x: number[]; y: number[] } {
  const random = generator(seed);
  const x = Array.from({ length: n }, (_, i) => i * 10);
  return {
    x,
    y: x.map((_, i) => floor + (2.3 - floor) * Math.exp(-rate * i) + noise * Math.abs(normal(random)) * Math.exp(-i / n)),
  };
}

/** Rings, bars and crosses, 28 × 28 bytes: pictures with classes. */
export function shapes(count: number, seed: number): { images: ImageBatch; labels: Uint8Array } {
  const random = generator(seed);
  const side = 28;
  const data = new Uint8Array(count * side * side);
  const labels = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    const kind = Math.floor(random() * 3);
    labels[n] = kind;
    const [cx, cy, r, turn] = [12 + random() * 4, 12 + random() * 4, 6 + random() * 4, random() * 0.6 - 0.3];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const dx = (x - cx) * Math.cos(turn) - (y - cy) * Math.sin(turn);
        const dy = (x - cx) * Math.sin(turn) + (y - cy) * Math.cos(turn);
        const ring = Math.abs(Math.hypot(dx, dy) - r);
        const bar = Math.max(Math.abs(dx), Math.abs(dy) - r);
        const cross = Math.min(bar, Math.max(Math.abs(dy), Math.abs(dx) - r));
        const distance = [ring, bar, cross][kind] as number;
        data[(n * side + y) * side + x] = 255 * Math.min(1, Math.max(0, 2.2 - distance));
      }
    }
  }
  return { images: { data, count, width: side, height: side, channels: 1 }, labels };
}

/** A smooth signed field, with two values that are not finite. */
export function field(rows: number, columns: number): Float32Array {
  const out = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [y, x] = [Math.floor(i / columns) / rows, (i % columns) / columns];
    return Math.sin(7 * x) * Math.cos(5 * y) * (1 - y) * 3;
  });
  out[columns * 3 + 4] = Number.NaN;
  out[columns * 9 + 11] = Number.POSITIVE_INFINITY;
  return out;
}

export function normals(n: number, seed: number, scale = 1): Float32Array {
  const random = generator(seed);
  return Float32Array.from({ length: n }, () => normal(random) * scale);
}

/** Ten clouds in the plane, as t-SNE draws them. */
export function clouds(n: number, seed: number): { x: Float32Array; y: Float32Array; labels: Uint8Array; predicted: Uint8Array } {
  const random = generator(seed);
  const out = { x: new Float32Array(n), y: new Float32Array(n), labels: new Uint8Array(n), predicted: new Uint8Array(n) };
  for (let i = 0; i < n; i++) {
    const label = Math.floor(random() * 10);
    const angle = (label / 10) * 2 * Math.PI;
    out.x[i] = 30 * Math.cos(angle) + 7 * normal(random);
    out.y[i] = 30 * Math.sin(angle) + 5 * normal(random);
    out.labels[i] = label;
    out.predicted[i] = random() < 0.02 ? (label + 1) % 10 : label;
  }
  return out;
}

/** Counts as of a digit classifier; `weak` digits are often called the next one. */
export function confusion(weak: readonly number[], seed: number): { classes: number; counts: Uint32Array } {
  const random = generator(seed);
  const counts = new Uint32Array(100);
  for (let t = 0; t < 10; t++) {
    for (let i = 0; i < 1000; i++) {
      const wrong = random() < (weak.includes(t) ? 0.4 : 0.04);
      const predicted = !wrong ? t : random() < 0.6 ? (t + 5) % 10 : Math.floor(random() * 10);
      counts[t * 10 + predicted] = (counts[t * 10 + predicted] as number) + 1;
    }
  }
  return { classes: 10, counts };
}
