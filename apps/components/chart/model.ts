import type { Palette } from '../../shell/colors.ts';
import { alignWithGaps, type Curve, decimate, extent, MAX_POINTS, paddedRange, placeable } from './columns.ts';
import { smooth } from './smoothing.ts';
import type { Axis } from './ticks.ts';
import type { AxisScale, Band, ChartSeries, Marker, ReferenceLine } from './types.ts';

/** What a chart draws, and how far its axes go. Read anew at each draw. */
export interface ChartModel {
  readonly series: readonly ChartSeries[];
  readonly bands: readonly Band[];
  readonly lines: readonly ReferenceLine[];
  readonly markers: readonly Marker[];
  readonly smoothing: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale: AxisScale;
  readonly yScale: AxisScale;
  readonly syncKey: string;
  readonly palette: Palette;
  isShown(id: string): boolean;
}

const isSmoothed = (series: ChartSeries, smoothing: number) =>
  smoothing > 0 && series.smooth !== false && series.draw !== 'points' && series.draw !== 'steps';

/** One drawn line: a series, or the faint raw curve below a smoothed one. */
export interface DrawnCurve {
  readonly series: ChartSeries;
  readonly index: number;
  readonly faint: boolean;
  readonly curve: Curve;
}

/** The lines that a chart draws, thinned to what can be seen; `log` tells which axes are logarithmic. */
export function drawnCurves(series: readonly ChartSeries[], smoothing: number, log: { x: boolean; y: boolean }): DrawnCurve[] {
  const thin = (curve: Curve) => decimate(curve, MAX_POINTS, log);
  return series.flatMap((one, index) => {
    const raw = { series: one, index, faint: false, curve: thin(one) };
    if (!isSmoothed(one, smoothing)) return [raw];
    // A moving average goes along x.
    const { x, y } = placeable(one, log.x);
    return [
      { ...raw, faint: true },
      { ...raw, curve: thin({ x, y: smooth(y, smoothing) }) },
    ];
  });
}

const logAxes = ({ xScale, yScale }: Pick<ChartModel, 'xScale' | 'yScale'>) => ({ x: xScale === 'log', y: yScale === 'log' });

/** The curves of a chart on common x: `columns[k]` belongs to `curves[k]`; see alignWithGaps for null and undefined. */
export interface Columns {
  readonly curves: readonly DrawnCurve[];
  readonly x: readonly number[];
  readonly columns: readonly (readonly (number | null | undefined)[])[];
}

export function columnsOf(model: ChartModel): Columns {
  const log = logAxes(model);
  const curves = drawnCurves(model.series, model.smoothing, log);
  const { x, y } = alignWithGaps(
    curves.map((one) => one.curve),
    log,
  );
  return { curves, x, columns: y };
}

/** Steps, epochs and layers are counted: a tick between two of them has no meaning. */
export const isCounted = ({ series, xScale }: ChartModel): boolean =>
  xScale === 'linear' && series.length > 0 && series.every(({ x }) => Array.from(x).every(Number.isInteger));

const shownOf = (model: ChartModel): readonly ChartSeries[] => model.series.filter((s) => model.isShown(s.id));

export function xAxis(model: ChartModel): Axis {
  const scale = model.xScale;
  const log = scale === 'log';
  const [min, max] = extent([...shownOf(model).map((s) => s.x), ...model.bands.map((b) => b.x)], log) ?? (log ? [1, 10] : [0, 1]);
  return min === max ? { min: min - (log ? min / 2 : 0.5), max: max + (log ? max : 0.5), scale } : { min, max, scale };
}

export function yAxis(model: ChartModel): Axis {
  const scale = model.yScale;
  const log = scale === 'log';
  const columns: ArrayLike<number | null>[] = shownOf(model).map((s) => s.y);
  for (const band of model.bands) columns.push(band.low, band.high);
  columns.push(
    model.lines.map((line) => line.y),
    model.markers.map((marker) => marker.y),
  );
  const [min, max] = paddedRange(extent(columns, log), log);
  return { min, max, scale };
}
