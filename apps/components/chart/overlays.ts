import type uPlot from 'uplot';
import type { Palette } from '../../shell/colors.ts';
import { formatNumber } from '../shared/format.ts';
import { type Box, placeLabel } from './labels.ts';
import type { Band, Marker, ReferenceLine, SeriesColor } from './types.ts';

export function resolveColor(color: SeriesColor | undefined, fallback: number, palette: Palette): string {
  if (typeof color === 'string') return palette[color];
  const index = color ?? fallback;
  return palette.categories[index % palette.categories.length] as string;
}

/** The curves as points in canvas pixels, close enough to each other that no label fits between two. */
function pointsOf(u: uPlot, apart: number): [number, number][] {
  const [xs = [], ...columns] = u.data;
  const points: [number, number][] = [];
  for (const ys of columns) {
    let before: readonly [number, number] | undefined;
    for (let i = 0; i < ys.length; i++) {
      const y = ys[i];
      if (y === null) before = undefined;
      if (typeof y !== 'number') continue;
      const [px, py] = [u.valToPos(xs[i] as number, 'x', true), u.valToPos(y, 'y', true)];
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

/** Draws below the curves: bands, then reference lines with their labels. Call in uPlot's `drawAxes` hook. */
export function drawBelow(u: uPlot, bands: readonly Band[], lines: readonly ReferenceLine[], palette: Palette): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio || 1;
  const px = (x: number) => u.valToPos(x, 'x', true);
  const py = (y: number) => u.valToPos(y, 'y', true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
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
  const points = lines.length > 0 ? pointsOf(u, 6 * ratio) : [];
  const taken: Box[] = [];
  for (const line of lines) {
    const y = Math.round(py(line.y));
    ctx.strokeStyle = line.color === undefined ? palette['ink-soft'] : resolveColor(line.color, 0, palette);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const place = placeLabel(placesAt(y, ctx.measureText(line.label).width, bbox, ratio), taken, points);
    taken.push(place);
    ctx.fillText(line.label, place.left, place.top + place.height / 2);
  }
  ctx.restore();
}

/** Draws above the curves: ringed points with a label. Call in uPlot's `draw` hook. */
export function drawMarkers(u: uPlot, markers: readonly Marker[], palette: Palette): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const points = markers.length > 0 ? pointsOf(u, 6 * ratio) : [];
  const taken: Box[] = [];
  for (const marker of markers) {
    const x = u.valToPos(marker.x, 'x', true);
    const y = u.valToPos(marker.y, 'y', true);
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
    const place = placeLabel(placesBeside(x, y, ctx.measureText(text).width + 6 * ratio, bbox, ratio), taken, points);
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
