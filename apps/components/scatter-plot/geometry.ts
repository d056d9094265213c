/** Points on a plot: the mapping from data to pixels, and the nearest point to one. */

export interface Transform {
  readonly scale: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** Fits all finite points into width × height with a margin, one scale for both axes (distances are what t-SNE means). y points up. */
export function fitPoints(x: ArrayLike<number>, y: ArrayLike<number>, width: number, height: number, margin: number): Transform {
  let [x0, x1, y0, y1] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i] as number, y[i] as number];
    if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
    x0 = Math.min(x0, a);
    x1 = Math.max(x1, a);
    y0 = Math.min(y0, b);
    y1 = Math.max(y1, b);
  }
  if (x0 > x1) return { scale: 1, offsetX: width / 2, offsetY: height / 2 };
  const scale = Math.min((width - 2 * margin) / (x1 - x0 || 1), (height - 2 * margin) / (y1 - y0 || 1));
  return { scale, offsetX: width / 2 - (scale * (x0 + x1)) / 2, offsetY: height / 2 + (scale * (y0 + y1)) / 2 };
}

export const toPixel = (t: Transform, x: number, y: number): [number, number] => [
  t.offsetX + t.scale * x,
  t.offsetY - t.scale * y,
];

/** Points in square cells, so that the nearest one is found without looking at all. */
export class PointIndex {
  private readonly cells = new Map<number, number[]>();
  private readonly px: Float32Array;
  private readonly py: Float32Array;
  private static readonly SIZE = 16;
  private static readonly STRIDE = 1 << 16;

  /** @param shown false leaves a point out (its class is hidden) */
  constructor(x: ArrayLike<number>, y: ArrayLike<number>, transform: Transform, shown: (index: number) => boolean) {
    this.px = new Float32Array(x.length);
    this.py = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) {
      const [px, py] = toPixel(transform, x[i] as number, y[i] as number);
      this.px[i] = px;
      this.py[i] = py;
      if (!shown(i) || !Number.isFinite(px) || !Number.isFinite(py)) continue;
      const key = this.key(px, py);
      const cell = this.cells.get(key);
      if (cell) cell.push(i);
      else this.cells.set(key, [i]);
    }
  }

  private key(px: number, py: number, dx = 0, dy = 0): number {
    return (Math.floor(py / PointIndex.SIZE) + dy) * PointIndex.STRIDE + Math.floor(px / PointIndex.SIZE) + dx;
  }

  /** Nearest shown point within one cell's size of a pixel position, or -1. */
  nearest(px: number, py: number): number {
    let best = -1;
    let distance = PointIndex.SIZE ** 2;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        for (const i of this.cells.get(this.key(px, py, dx, dy)) ?? []) {
          const d = ((this.px[i] as number) - px) ** 2 + ((this.py[i] as number) - py) ** 2;
          if (d < distance) {
            distance = d;
            best = i;
          }
        }
      }
    }
    return best;
  }

  /** From point `from`, the nearest shown point in a direction (within 45° of it), or `from` where there is none. */
  towards(from: number, dx: number, dy: number): number {
    const [x, y] = [this.px[from] as number, this.py[from] as number];
    let best = from;
    let distance = Number.POSITIVE_INFINITY;
    for (const cell of this.cells.values()) {
      for (const i of cell) {
        const [a, b] = [(this.px[i] as number) - x, (this.py[i] as number) - y];
        const along = a * dx + b * dy;
        const across = Math.abs(a * dy) + Math.abs(b * dx);
        const d = a * a + b * b;
        if (i !== from && along > 0.5 && across <= along && d < distance) {
          distance = d;
          best = i;
        }
      }
    }
    return best;
  }
}
