/** A chart to take away as a picture: loaded when the reader asks for one. */
import type { Palette } from '../../shell/colors.ts';
import { type ChartModel, drawnCurves } from './model.ts';
import { resolveColor } from './overlays.ts';
import { chartSvg } from './svg.ts';
import type { Axis } from './ticks.ts';
import type { ChartSeries } from './types.ts';

/** The chart as SVG, with the ranges on screen and the smoothed curves. */
export function chartVectors(title: string, model: ChartModel, axes: { readonly x: Axis; readonly y: Axis }): string {
  const log = { x: axes.x.scale === 'log', y: axes.y.scale === 'log' };
  return chartSvg({
    ...model,
    ...axes,
    title,
    series: drawnCurves(model.series, model.smoothing, log)
      .filter(({ series, faint }) => !faint && model.isShown(series.id))
      .map(({ series, curve, index }) => ({ ...series, x: curve.x, y: curve.y, color: series.color ?? index })),
  });
}

/** The plot with title and legend on one opaque canvas: its own holds neither. */
export function composePicture(
  plot: HTMLCanvasElement,
  title: string,
  series: readonly ChartSeries[],
  palette: Palette,
): HTMLCanvasElement {
  const ratio = devicePixelRatio || 1;
  const [line, pad] = [20 * ratio, 12 * ratio];
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const font = `${13 * ratio}px system-ui, sans-serif`;
  context.font = font;
  const rows: { text: string; color: string; x: number; row: number }[] = [];
  let x = pad;
  let row = 0;
  for (const [i, one] of series.entries()) {
    const width = context.measureText(one.label).width + 34 * ratio;
    if (x > pad && x + width > plot.width - pad) {
      x = pad;
      row++;
    }
    rows.push({ text: one.label, color: resolveColor(one.color, i, palette), x, row });
    x += width;
  }
  const top = title ? line + pad : pad;
  canvas.width = plot.width;
  canvas.height = top + plot.height + (row + 1) * line + pad;
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(plot, 0, top);
  context.textBaseline = 'middle';
  context.fillStyle = palette.ink;
  context.font = `600 ${14 * ratio}px system-ui, sans-serif`;
  context.fillText(title, pad, pad + line / 2);
  context.font = font;
  for (const entry of rows) {
    const y = top + plot.height + entry.row * line + line / 2;
    context.fillStyle = entry.color;
    context.fillRect(entry.x, y - 1.5 * ratio, 16 * ratio, 3 * ratio);
    context.fillStyle = palette.ink;
    context.fillText(entry.text, entry.x + 22 * ratio, y);
  }
  return canvas;
}
