import type { Palette } from '../../shell/colors.ts';
import { formatNumber } from '../shared/format.ts';
import { placeable } from './columns.ts';
import { bandParts, resolveColor } from './overlays.ts';
import { type Axis, share, ticksOf } from './ticks.ts';
import type { Band, ChartSeries, Marker, ReferenceLine } from './types.ts';

/** What the picture shows, with the ranges that the chart on screen has. */
export interface SvgModel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly ChartSeries[];
  readonly bands: readonly Band[];
  readonly lines: readonly ReferenceLine[];
  readonly markers: readonly Marker[];
  readonly x: Axis;
  readonly y: Axis;
  readonly palette: Palette;
}

const WIDTH = 640;
const PLOT = { left: 64, top: 40, right: 620, bottom: 320 };

const escapeXml = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const round = (value: number) => Math.round(value * 100) / 100;

/** A chart as SVG: vectors for papers and slides. Fonts are the reader's. */
export function chartSvg(model: SvgModel): string {
  const { palette, x: xAxis, y: yAxis } = model;
  const px = (value: number) => round(PLOT.left + share(xAxis, value) * (PLOT.right - PLOT.left));
  const py = (value: number) => round(PLOT.bottom - share(yAxis, value) * (PLOT.bottom - PLOT.top));
  const drawable = (x: number, y: number) => Number.isFinite(px(x)) && Number.isFinite(py(y));
  const out: string[] = [];
  const text = (x: number, y: number, content: string, attributes = '') => {
    out.push(`<text x="${x}" y="${y}" fill="${palette.ink}" ${attributes}>${escapeXml(content)}</text>`);
  };
  for (const tick of ticksOf(xAxis)) {
    out.push(`<path d="M${px(tick)} ${PLOT.top}V${PLOT.bottom}" stroke="${palette.rule}"/>`);
    text(px(tick), PLOT.bottom + 16, formatNumber(tick, 3), 'text-anchor="middle"');
  }
  for (const tick of ticksOf(yAxis)) {
    out.push(`<path d="M${PLOT.left} ${py(tick)}H${PLOT.right}" stroke="${palette.rule}"/>`);
    text(PLOT.left - 8, py(tick) + 4, formatNumber(tick, 3), 'text-anchor="end"');
  }
  out.push(`<g clip-path="url(#plot)">`);
  for (const [i, band] of model.bands.entries()) {
    for (const part of bandParts(band, px, py)) {
      out.push(
        `<polygon points="${part.map((point) => point.join()).join(' ')}" fill="${resolveColor(band.color, i, palette)}" fill-opacity="0.22"/>`,
      );
    }
  }
  for (const line of model.lines) {
    const color = line.color === undefined ? palette['ink-soft'] : resolveColor(line.color, 0, palette);
    out.push(`<path d="M${PLOT.left} ${py(line.y)}H${PLOT.right}" stroke="${color}" stroke-dasharray="2 3"/>`);
    text(PLOT.right - 4, py(line.y) - 4, line.label, 'text-anchor="end"');
  }
  for (const [i, series] of model.series.entries())
    out.push(
      curveSvg(
        { ...series, ...placeable(series, xAxis.scale === 'log') },
        resolveColor(series.color, i, palette),
        px,
        py,
        drawable,
      ),
    );
  out.push('</g>');
  for (const marker of model.markers) {
    if (!drawable(marker.x, marker.y)) continue;
    const color = marker.color === undefined ? palette.ink : resolveColor(marker.color, 0, palette);
    out.push(
      `<circle cx="${px(marker.x)}" cy="${py(marker.y)}" r="4.5" fill="${palette.surface}" stroke="${color}" stroke-width="2"/>`,
    );
    text(px(marker.x) + 8, py(marker.y) - 6, `${marker.label} ${formatNumber(marker.y, 3)}`);
  }
  text(PLOT.left, 22, model.title, 'font-size="15" font-weight="600"');
  text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 34, model.xLabel, 'text-anchor="middle"');
  text(
    14,
    (PLOT.top + PLOT.bottom) / 2,
    model.yLabel,
    `text-anchor="middle" transform="rotate(-90 14 ${(PLOT.top + PLOT.bottom) / 2})"`,
  );
  const height = PLOT.bottom + 52 + 18 * model.series.length;
  for (const [i, series] of model.series.entries()) {
    const y = PLOT.bottom + 56 + 18 * i;
    out.push(`<path d="M${PLOT.left} ${y - 4}h18" stroke="${resolveColor(series.color, i, palette)}" stroke-width="3"/>`);
    text(PLOT.left + 26, y, series.label);
  }
  const clip = `<clipPath id="plot"><rect x="${PLOT.left}" y="${PLOT.top}" width="${PLOT.right - PLOT.left}" height="${PLOT.bottom - PLOT.top}"/></clipPath>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12"><defs>${clip}</defs><rect width="${WIDTH}" height="${height}" fill="${palette.surface}"/>${out.join('')}</svg>\n`;
}

function curveSvg(
  series: ChartSeries,
  color: string,
  px: (x: number) => number,
  py: (y: number) => number,
  drawable: (x: number, y: number) => boolean,
): string {
  const dot = ([x, y]: readonly [number, number], radius: number) =>
    `<circle cx="${px(x)}" cy="${py(y)}" r="${radius}" fill="${color}"/>`;
  // The line ends where a value has no place and begins anew behind it.
  const runs: (readonly [number, number])[][] = [[]];
  for (let k = 0; k < Math.min(series.x.length, series.y.length); k++) {
    const point = [series.x[k] as number, series.y[k] as number] as const;
    if (drawable(...point)) runs.at(-1)?.push(point);
    else runs.push([]);
  }
  if (series.draw === 'points') return runs.flatMap((run) => run.map((point) => dot(point, 4))).join('');
  const dash = series.dash ? ` stroke-dasharray="${series.dash.join(' ')}"` : '';
  const width = series.width ?? 2;
  const line = (run: readonly (readonly [number, number])[]) =>
    `<polyline points="${run.map(([x, y]) => `${px(x)},${py(y)}`).join(' ')}" fill="none" stroke="${color}" stroke-width="${width}"${dash}/>`;
  return runs
    .filter((run) => run.length > 0)
    .map((run) => (run.length === 1 && run[0] ? dot(run[0], (width + 3) / 2) : line(run)))
    .join('');
}
