/** Where the points and curves of the fit plot lie: x in [0, 1], t in a range that holds everything, in a box of 640 × 320. */
export const WIDTH = 640;
export const HEIGHT = 320;
export const MARGIN = { left: 44, right: 12, top: 12, bottom: 30 } as const;

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** A range with some air around all points, and around the curves as far as they stay near. */
export function rangeOf(targets: readonly number[], curves: readonly (readonly number[])[]): Range {
  const low = Math.min(...targets);
  const high = Math.max(...targets);
  const air = 0.35 * Math.max(high - low, 0.5);
  const near = curves.flat().filter((y) => y > low - 2 * air && y < high + 2 * air);
  return { low: Math.min(low - air / 2, ...near), high: Math.max(high + air / 2, ...near) };
}

export const toX = (x: number): number => MARGIN.left + x * (WIDTH - MARGIN.left - MARGIN.right);
export const toY = (t: number, { low, high }: Range): number =>
  MARGIN.top + ((high - t) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
export const fromX = (px: number): number => (px - MARGIN.left) / (WIDTH - MARGIN.left - MARGIN.right);
export const fromY = (py: number, { low, high }: Range): number =>
  high - ((py - MARGIN.top) / (HEIGHT - MARGIN.top - MARGIN.bottom)) * (high - low);

/** Round numbers about a fifth of the range apart. */
export function ticksOf({ low, high }: Range): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? power;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) =>
    Number(((first + i) * step).toPrecision(6)),
  );
}

/** A polyline through the curve, clipped to the plot. */
export function pathOf(x: readonly number[], y: readonly number[], range: Range): string {
  const clamp = (value: number) => Math.min(HEIGHT, Math.max(-HEIGHT, value));
  return x
    .map((value, i) => `${i === 0 ? 'M' : 'L'}${toX(value).toFixed(1)} ${clamp(toY(y[i] as number, range)).toFixed(1)}`)
    .join('');
}

/** The area y ± half. */
export function bandPath(x: readonly number[], y: readonly number[], half: readonly number[], range: Range): string {
  const upper = pathOf(
    x,
    y.map((value, i) => value + (half[i] as number)),
    range,
  );
  const lower = pathOf([...x].reverse(), y.map((value, i) => value - (half[i] as number)).reverse(), range);
  return `${upper}L${lower.slice(1)}Z`;
}
