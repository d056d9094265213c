import type { Palette } from '../../shell/colors.ts';
import { formatNumber } from '../shared/format.ts';
import { type Box, placeLabel } from './labels.ts';
import type { Band, Marker, ReferenceLine, SeriesColor } from './types.ts';

/** Where a chart draws, in pixels of its canvas. */
export interface Surface {
  readonly ctx: CanvasRenderingContext2D;
  /** The plot between its axes. */
  readonly box: Box;
  /** Pixels of the canvas for one of CSS. */
  readonly ratio: number;
  /** The common x of the curves, and their values. */
  readonly x: readonly number[];
  readonly columns: readonly (readonly (number | null | undefined)[])[];
  px(x: number): number;
  py(y: number): number;
}

export function resolveColor(color: SeriesColor | undefined, fallback: number, palette: Palette): string {
  if (typeof color === 'string') return palette[color];
  const index = color ?? fallback;
  return palette.categories[index % palette.categories.length] as string;
}

/** The curves as points in canvas pixels, close enough to each other that no label fits between two. */
function pointsOf({ x, columns, ratio, px: across, py: down }: Surface): [number, number][] {
  const apart = 6 * ratio;
  const points: [number, number][] = [];
  for (const ys of columns) {
    let before: readonly [number, number] | undefined;
    for (let i = 0; i < ys.length; i++) {
      const y = ys[i];
      if (y === null) before = undefined;
      if (typeof y !== 'number') continue;
      const [px, py] = [across(x[i] as number), down(y)];
      const [bx, by] = before ?? [px, py];
      const parts = Math.min(200, Math.max(1, Math.ceil(Math.max(Math.abs(px - bx), Math.abs(py - by)) / apart)));
      for (let k = 1; k <= parts; k++) points.push([bx + ((px - bx) * k) / parts, by + ((py - by) * k) / parts]);
      before = [px, py];
    }
  }
  return points;
}

/** Places for the label of a horizontal line: above or below it, at the right or left end, within the plot. */
function placesAt(y: number, width: number, { left, top, width: full, height: tall }: Box, ratio: number): Box[] {
  const height = 15 * ratio;
  const gap = 4 * ratio;
  const above = y - height;
  const below = y + 2 * ratio;
  const rows = [above, below].filter((row) => row >= top && row + height <= top + tall);
  return [left + full - width - gap, left + gap].flatMap((x) =>
    (rows.length > 0 ? rows : [below]).map((row) => ({ left: x, top: row, width, height })),
  );
}

/** Places for the label of a point: above or below it, to the right or left, within the plot. */
function placesBeside(x: number, y: number, width: number, { left, top, width: full, height: tall }: Box, ratio: number): Box[] {
  const height = 15 * ratio;
  const inside = (at: number, from: number, to: number) => Math.max(from, Math.min(at, to));
  return [x + 5 * ratio, x - 5 * ratio - width].flatMap((at) =>
    [y - 20 * ratio, y + 6 * ratio].map((row) => ({
      left: inside(at, left, left + full - width),
      top: inside(row, top, top + tall - height),
      width,
      height,
    })),
  );
}

/**
 * The outlines of a band on the page, by ascending x: along its upper edge and back along the lower one. It ends where an edge has no
 * place (NaN, infinite, not positive on a logarithmic axis) and begins anew behind.
 */
export function bandParts(band: Band, px: (x: number) => number, py: (y: number) => number): [number, number][][] {
  const n = Math.min(band.x.length, band.low.length, band.high.length);
  const order = Array.from({ length: n }, (_, k) => k)
    .filter((k) => Number.isFinite(px(band.x[k] as number)))
    .sort((a, b) => (band.x[a] as number) - (band.x[b] as number));
  const parts: [number, number][][] = [];
  let run: { x: number; low: number; high: number }[] = [];
  const finish = () => {
    const upper = run.map(({ x, high }): [number, number] => [x, high]);
    const lower = run.map(({ x, low }): [number, number] => [x, low]).reverse();
    if (run.length > 1) parts.push([...upper, ...lower]);
    run = [];
  };
  for (const k of order) {
    const point = { x: px(band.x[k] as number), low: py(band.low[k] as number), high: py(band.high[k] as number) };
    if (Number.isFinite(point.low) && Number.isFinite(point.high)) run.push(point);
    else finish();
  }
  finish();
  return parts;
}

/** Draws below the curves: bands, then reference lines with their labels. */
export function drawBelow(on: Surface, bands: readonly Band[], lines: readonly ReferenceLine[], palette: Palette): void {
  const { ctx, box, ratio, px, py } = on;
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.width, box.height);
  ctx.clip();
  for (const [i, band] of bands.entries()) {
    ctx.globalAlpha = 0.22;
    ctx.fillStyle = resolveColor(band.color, i, palette);
    for (const part of bandParts(band, px, py)) {
      ctx.beginPath();
      for (const [x, y] of part) ctx.lineTo(x, y);
      ctx.closePath();
      ctx.fill();
    }
  }
  ctx.globalAlpha = 1;
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const points = lines.length > 0 ? pointsOf(on) : [];
  const taken: Box[] = [];
  for (const line of lines) {
    const y = Math.round(py(line.y));
    ctx.strokeStyle = line.color === undefined ? palette['ink-soft'] : resolveColor(line.color, 0, palette);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(box.left, y);
    ctx.lineTo(box.left + box.width, y);
    ctx.stroke();
    const place = placeLabel(placesAt(y, ctx.measureText(line.label).width, box, ratio), taken, points);
    taken.push(place);
    ctx.fillText(line.label, place.left, place.top + place.height / 2);
  }
  ctx.restore();
}

/** Draws above the curves: ringed points with a label. */
export function drawMarkers(on: Surface, markers: readonly Marker[], palette: Palette): void {
  const { ctx, box, ratio } = on;
  ctx.save();
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const points = markers.length > 0 ? pointsOf(on) : [];
  const taken: Box[] = [];
  for (const marker of markers) {
    const x = on.px(marker.x);
    const y = on.py(marker.y);
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    const color = marker.color === undefined ? palette.ink : resolveColor(marker.color, 0, palette);
    ctx.beginPath();
    ctx.arc(x, y, 4.5 * ratio, 0, 2 * Math.PI);
    ctx.fillStyle = palette.surface;
    ctx.fill();
    ctx.lineWidth = 2 * ratio;
    ctx.strokeStyle = color;
    ctx.stroke();
    const text = `${marker.label}: ${formatNumber(marker.y, 3)}`;
    const place = placeLabel(placesBeside(x, y, ctx.measureText(text).width + 6 * ratio, box, ratio), taken, points);
    taken.push(place);
    // A plate keeps the label readable across curves.
    ctx.globalAlpha = 0.85;
    ctx.fillStyle = palette.surface;
    ctx.fillRect(place.left, place.top, place.width, place.height);
    ctx.globalAlpha = 1;
    ctx.fillStyle = color;
    ctx.fillText(text, place.left + 3 * ratio, place.top + place.height / 2);
  }
  ctx.restore();
}
