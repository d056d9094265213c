import type uPlot from 'uplot';
import type { Palette } from '../../shell/colors.ts';
import { formatNumber } from '../shared/format.ts';
import type { Band, Marker, ReferenceLine, SeriesColor } from './types.ts';

export function resolveColor(color: SeriesColor | undefined, fallback: number, palette: Palette): string {
  if (typeof color === 'string') return palette[color];
  const index = color ?? fallback;
  return palette.categories[index % palette.categories.length] as string;
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
    const n = Math.min(band.x.length, band.low.length, band.high.length);
    if (n < 2) continue;
    ctx.beginPath();
    for (let k = 0; k < n; k++) ctx.lineTo(px(band.x[k] as number), py(band.high[k] as number));
    for (let k = n - 1; k >= 0; k--) ctx.lineTo(px(band.x[k] as number), py(band.low[k] as number));
    ctx.closePath();
    ctx.globalAlpha = 0.22;
    ctx.fillStyle = resolveColor(band.color, i, palette);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
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
    // Near the top the label goes below its line.
    const above = y - bbox.top > 16 * ratio;
    ctx.textBaseline = above ? 'bottom' : 'top';
    ctx.fillText(line.label, bbox.left + bbox.width - 4 * ratio, y + (above ? -2 : 3) * ratio);
  }
  ctx.restore();
}

/** Draws above the curves: ringed points with a label. Call in uPlot's `draw` hook. */
export function drawMarkers(u: uPlot, markers: readonly Marker[], palette: Palette): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
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
    const right = x > bbox.left + bbox.width * 0.7;
    const above = y > bbox.top + 22 * ratio;
    ctx.textAlign = right ? 'right' : 'left';
    ctx.textBaseline = above ? 'bottom' : 'top';
    const text = `${marker.label} ${formatNumber(marker.y, 3)}`;
    const tx = x + (right ? -8 : 8) * ratio;
    const ty = y + (above ? -6 : 6) * ratio;
    // A plate keeps the label readable across curves.
    const width = ctx.measureText(text).width + 6 * ratio;
    ctx.globalAlpha = 0.85;
    ctx.fillStyle = palette.surface;
    ctx.fillRect(tx - (right ? width - 3 * ratio : 3 * ratio), ty - (above ? 14 : 1) * ratio, width, 15 * ratio);
    ctx.globalAlpha = 1;
    ctx.fillStyle = color;
    ctx.fillText(text, tx, ty);
  }
  ctx.restore();
}
