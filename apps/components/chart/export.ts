import { toCsv } from '../shared/files.ts';
import { alignCurves } from './columns.ts';
import type { ChartSeries } from './types.ts';

/** All series of a chart as CSV: one row per x, one column per series, undecimated. */
export function chartCsv(series: readonly ChartSeries[], xLabel: string): string {
  const { x, y } = alignCurves(series, { x: false, y: false });
  return toCsv(
    [xLabel || 'x', ...series.map((s) => s.label)],
    x.map((value, row) => [value, ...y.map((column) => column[row])]),
  );
}
