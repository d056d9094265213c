/** Horizontal bar charts as inline SVG, without any library: the report page must open from a file for years. */

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Shown at the end of the bar. */
  readonly text: string;
  /** Drawn in the engine's colour. */
  readonly ours: boolean;
  /** Ends of a spread line, in the unit of the value. */
  readonly low?: number;
  readonly high?: number;
}

export interface BarChart {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly scale: 'linear' | 'log';
  /** Right end of a linear axis, such as 1 for a share; otherwise the largest value. */
  readonly max?: number;
  /** A vertical line with a label, such as the roof or a ratio of 1. */
  readonly mark?: { readonly value: number; readonly label: string };
}

const WIDTH = 940;
const LEFT = 330;
const RIGHT = 190;
const ROW = 22;
const TOP = 30;

export function barChart(chart: BarChart): string {
  const values = chart.bars.flatMap((bar) => [bar.value, bar.high ?? bar.value]);
  if (chart.mark) values.push(chart.mark.value);
  const x = axis(chart, values);
  const height = TOP + ROW * chart.bars.length + 8;
  const rows = chart.bars.map((bar, i) => barSvg(bar, TOP + ROW * i, x)).join('');
  const mark = chart.mark ? markSvg(chart.mark, x(chart.mark.value), height) : '';
  const summary = chart.bars.map((bar) => `${bar.label}: ${bar.text}`).join('; ');
  return (
    `<figure><figcaption>${escapeHtml(chart.title)}</figcaption>` +
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(`${chart.title}. ${summary}`)}">${rows}${mark}</svg></figure>`
  );
}

function axis(chart: BarChart, values: readonly number[]): (value: number) => number {
  const span = WIDTH - LEFT - RIGHT;
  if (chart.scale === 'linear') {
    const top = chart.max ?? Math.max(...values);
    return (value) => LEFT + span * Math.min(1, Math.max(0, value / top));
  }
  const low = Math.log10(Math.min(...values)) - 0.1;
  const high = Math.log10(Math.max(...values));
  return (value) => LEFT + span * Math.min(1, Math.max(0, (Math.log10(value) - low) / (high - low || 1)));
}

function barSvg(bar: Bar, y: number, x: (value: number) => number): string {
  const end = x(bar.value);
  const spread =
    bar.low !== undefined && bar.high !== undefined
      ? `<line class="spread" x1="${fixed(x(bar.low))}" x2="${fixed(x(bar.high))}" y1="${y + 9}" y2="${y + 9}"/>`
      : '';
  return (
    `<text class="label" x="${LEFT - 8}" y="${y + 13}">${escapeHtml(bar.label)}</text>` +
    `<rect class="${bar.ours ? 'ours' : 'peer'}" x="${LEFT}" y="${y + 2}" width="${fixed(end - LEFT)}" height="14"/>${spread}` +
    `<text class="value" x="${fixed(Math.max(end, bar.high === undefined ? 0 : x(bar.high)) + 6)}" y="${y + 13}">${escapeHtml(bar.text)}</text>`
  );
}

function markSvg(mark: { value: number; label: string }, x: number, height: number): string {
  return (
    `<line class="mark" x1="${fixed(x)}" x2="${fixed(x)}" y1="${TOP - 6}" y2="${height - 4}"/>` +
    `<text class="mark-label" x="${fixed(x)}" y="${TOP - 12}">${escapeHtml(mark.label)}</text>`
  );
}

function fixed(value: number): string {
  return value.toFixed(1);
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
