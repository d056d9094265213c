import uPlot from 'uplot';
import type { Palette } from '../../shell/colors.ts';
import { formatNumber } from '../shared/format.ts';
import { alignWithGaps, type Curve, decimate, extent, lonePoints, MAX_POINTS, paddedRange, placeable } from './columns.ts';
import { drawBelow, drawMarkers, resolveColor } from './overlays.ts';
import { smooth } from './smoothing.ts';
import { ticksOf } from './ticks.ts';
import type { AxisScale, Band, ChartSeries, Marker, ReferenceLine } from './types.ts';

/** What uPlot is told, read anew at each draw. */
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

/** Columns for `setData`. */
export function chartData(model: ChartModel): uPlot.AlignedData {
  const log = logAxes(model);
  const { x, y } = alignWithGaps(
    drawnCurves(model.series, model.smoothing, log).map((one) => one.curve),
    log,
  );
  return [x, ...y];
}

/** Steps, epochs and layers are counted: a tick between two of them has no meaning. */
const wholeSteps = [1, 2, 5, 25]
  .flatMap((factor) => Array.from({ length: 9 }, (_, power) => factor * 10 ** power))
  .sort((a, b) => a - b);

const isWhole = ({ series, xScale }: ChartModel): boolean =>
  xScale === 'linear' && series.length > 0 && series.every(({ x }) => Array.from(x).every(Number.isInteger));

/** Changes with anything that needs a new uPlot rather than new data. */
export function structureKey(model: ChartModel): string {
  return JSON.stringify([
    model.series.map((s) => [s.id, s.draw, s.dash, s.width, isSmoothed(s, model.smoothing)]),
    model.xLabel,
    model.yLabel,
    model.xScale,
    model.yScale,
    model.syncKey,
    isWhole(model),
  ]);
}

function yRange(model: ChartModel): [number, number] {
  const log = model.yScale === 'log';
  const columns: ArrayLike<number | null>[] = model.series.filter((s) => model.isShown(s.id)).map((s) => s.y);
  for (const band of model.bands) columns.push(band.low, band.high);
  columns.push(
    model.lines.map((line) => line.y),
    model.markers.map((marker) => marker.y),
  );
  return paddedRange(extent(columns, log), log);
}

function axis(model: () => ChartModel, label: string, scale: AxisScale, extra: uPlot.Axis): uPlot.Axis {
  // All ticks are drawn and labelled; uPlot would drop some on a logarithmic axis.
  const filter = scale === 'log' ? { filter: (_: uPlot, splits: number[]) => splits } : {};
  const splits =
    scale === 'log' ? { splits: (_: uPlot, __: number, min: number, max: number) => ticksOf({ min, max, scale }) } : {};
  return {
    label: label || undefined,
    labelSize: label ? 22 : 0,
    labelFont: '12px system-ui, sans-serif',
    font: '12px system-ui, sans-serif',
    stroke: () => model().palette['ink-soft'],
    grid: { stroke: () => model().palette.rule, width: 1, ...filter },
    ticks: { stroke: () => model().palette.rule, width: 1, size: 4, ...filter },
    ...filter,
    ...splits,
    values: (_, splits) => splits.map((value) => (value === null ? '' : formatNumber(value, 3))),
    ...extra,
  };
}

function seriesOptions(model: () => ChartModel, { series, index, faint }: DrawnCurve): uPlot.Series {
  const color = () => resolveColor(model().series.find((s) => s.id === series.id)?.color, index, model().palette);
  const points = series.draw === 'points';
  const width = series.width ?? (faint ? 1 : 2);
  const lone = {
    ...{ show: false, size: width + 3, width: 0, fill: color },
    filter: (u: uPlot, index: number) => lonePoints(u.data[index] ?? []),
  };
  return {
    label: faint ? `${series.label} (raw)` : series.label,
    stroke: color,
    alpha: faint ? 0.28 : 1,
    width: points ? 0 : width,
    dash: series.dash && !faint ? [...series.dash] : undefined,
    // The data say which gaps are the curve's own (columns.ts).
    spanGaps: false,
    show: model().isShown(series.id),
    paths: points ? () => null : series.draw === 'steps' ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
    points: points ? { show: true, size: 9, width: 1.5, stroke: () => model().palette.surface, fill: color } : lone,
  };
}

/** Options for a new uPlot. Colours and overlays are read from `model()` at each draw, so a change of theme needs a redraw only. */
export function chartOptions(
  model: () => ChartModel,
  size: { width: number; height: number },
  onCursor: (u: uPlot) => void,
): uPlot.Options {
  const now = model();
  return {
    ...size,
    legend: { show: false },
    scales: {
      x: {
        time: false,
        distr: now.xScale === 'log' ? 3 : 1,
        range: (_, min, max) => {
          const log = model().xScale === 'log';
          const range = extent(
            [
              ...model()
                .series.filter((s) => model().isShown(s.id))
                .map((s) => s.x),
              ...model().bands.map((b) => b.x),
            ],
            log,
          );
          if (!range) return [min ?? (log ? 1 : 0), max ?? (log ? 10 : 1)];
          return range[0] === range[1] ? [range[0] - (log ? range[0] / 2 : 0.5), range[1] + (log ? range[1] : 0.5)] : range;
        },
      },
      y: { distr: now.yScale === 'log' ? 3 : 1, range: () => yRange(model()) },
    },
    axes: [
      axis(model, now.xLabel, now.xScale, { size: 26, space: 60, ...(isWhole(now) ? { incrs: wholeSteps } : {}) }),
      axis(model, now.yLabel, now.yScale, {
        size: (_, values) => 14 + 7 * Math.max(2, ...(values ?? []).map((v) => v.length)),
        space: size.height < 180 ? 22 : 34,
      }),
    ],
    series: [{}, ...drawnCurves(now.series, now.smoothing, logAxes(now)).map((one) => seriesOptions(model, one))],
    cursor: {
      drag: { x: false, y: false },
      points: { show: false },
      y: false,
      ...(now.syncKey ? { sync: { key: now.syncKey, scales: ['x', null], setSeries: false } } : {}),
    },
    hooks: {
      drawAxes: [(u) => drawBelow(u, model().bands, model().lines, model().palette)],
      draw: [(u) => drawMarkers(u, model().markers, model().palette)],
      setCursor: [onCursor],
    },
  };
}
