/**
 * From a drawing to an image like those of MNIST (LeCun et al. 1998): cut to the ink, scaled into 20 × 20 with its proportions kept,
 * placed so that the centre of mass is the centre of 28 × 28.
 */
export const SIDE = 28;
const BOX = 20;

interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Smallest rectangle with all ink, right and bottom excluded; undefined where there is none. */
export function inkBounds(ink: ArrayLike<number>, width: number, height: number): Bounds | undefined {
  const bounds: Bounds = { left: width, top: height, right: 0, bottom: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((ink[y * width + x] as number) <= 0) continue;
      bounds.left = Math.min(bounds.left, x);
      bounds.right = Math.max(bounds.right, x + 1);
      bounds.top = Math.min(bounds.top, y);
      bounds.bottom = Math.max(bounds.bottom, y + 1);
    }
  }
  return bounds.right > bounds.left ? bounds : undefined;
}

/** Mean of the ink in a rectangle with fractional edges. */
function areaMean(ink: ArrayLike<number>, width: number, height: number, x0: number, y0: number, x1: number, y1: number): number {
  let sum = 0;
  for (let y = Math.max(0, Math.floor(y0)); y < Math.min(height, Math.ceil(y1)); y++) {
    const wy = Math.min(y + 1, y1) - Math.max(y, y0);
    for (let x = Math.max(0, Math.floor(x0)); x < Math.min(width, Math.ceil(x1)); x++) {
      sum += (ink[y * width + x] as number) * wy * (Math.min(x + 1, x1) - Math.max(x, x0));
    }
  }
  return sum / ((x1 - x0) * (y1 - y0));
}

/**
 * @param ink 0–255, row-major, width · height
 * @returns 28 · 28 bytes, white ink on black; all 0 for an empty drawing
 */
export function normaliseDigit(ink: ArrayLike<number>, width: number, height: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(SIDE * SIDE);
  const bounds = inkBounds(ink, width, height);
  if (!bounds) return out;
  const scale = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top) / BOX;
  const cols = Math.max(1, Math.round((bounds.right - bounds.left) / scale));
  const rows = Math.max(1, Math.round((bounds.bottom - bounds.top) / scale));
  const small = new Float64Array(cols * rows);
  let [mass, mx, my] = [0, 0, 0];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const [left, top] = [bounds.left + x * scale, bounds.top + y * scale];
      const value = areaMean(ink, width, height, left, top, left + scale, top + scale);
      small[y * cols + x] = value;
      mass += value;
      mx += value * (x + 0.5);
      my += value * (y + 0.5);
    }
  }
  // Rounded to whole pixels, as the original images were placed; kept inside the frame.
  const dx = Math.min(SIDE - cols, Math.max(0, Math.round(SIDE / 2 - mx / mass)));
  const dy = Math.min(SIDE - rows, Math.max(0, Math.round(SIDE / 2 - my / mass)));
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) out[(y + dy) * SIDE + x + dx] = Math.round(Math.min(255, small[y * cols + x] as number));
  }
  return out;
}
