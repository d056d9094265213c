/** All numbers of a group of cases as an HTML table: a row per contender, and one for the roof that ran beside them. */
import type { BenchResult, CaseResult, ContenderResult, ControlResult } from '../measure/result.ts';
import type { RoofKernelName } from '../roofline/roof-kernels.ts';
import { formatBytes, formatFlops, formatPercent, formatSeconds } from './format.ts';
import { escapeHtml } from './plot.ts';
import { variantList, variantText } from './variants.ts';
import { shareOfRoof } from './view.ts';

const HEADER = ['case', 'library', 'median', 'min', 'spread', 'batches', 'rate', 'of the roof', 'error', 'variant', 'dispatches'];

export function groupTable(result: BenchResult, cases: readonly CaseResult[]): string {
  const rows = cases.flatMap((one) => [
    ...one.contenders.map((candidate) => [one.name, ...contenderCells(result, one, candidate)]),
    ...(one.control ? [[one.name, ...controlCells(one.control)]] : []),
  ]);
  return htmlTable(HEADER, rows);
}

export function htmlTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (tag: string) => (text: string) => `<${tag}>${escapeHtml(text)}</${tag}>`;
  const row = (tag: string) => (cells: readonly string[]) => `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  return `<table>${row('th')(header)}${rows.map(row('td')).join('')}</table>`;
}

function contenderCells(result: BenchResult, one: CaseResult, candidate: ContenderResult): string[] {
  const { id, status, message, seconds, choices, dispatches } = candidate;
  if (!seconds) return [id, status + (message ? `: ${message}` : '')];
  const share = shareOfRoof(result, one, candidate);
  return [
    id,
    ...[seconds.median, seconds.min, seconds.iqr].map(formatSeconds),
    String(seconds.count),
    rateOf(one, seconds.median, dispatches),
    share === undefined ? '' : formatPercent(share),
    errorText(candidate),
    choices && choices.length > 4 ? variantList(choices) : variantText(candidate),
    dispatches === undefined ? '' : String(dispatches),
  ];
}

function errorText({ error, checkedSteps }: ContenderResult): string {
  if (error === undefined) return 'reference';
  return error.toExponential(0) + (checkedSteps === undefined ? '' : `, ${checkedSteps} losses`);
}

function rateOf({ group, flops, bytes }: CaseResult, seconds: number, dispatches: number | undefined): string {
  if (group === 'overhead' && dispatches) return `${formatSeconds(seconds / dispatches)} a dispatch`;
  return bytes > 0 && flops / bytes < 2 ? formatBytes(bytes / seconds) : formatFlops(flops / seconds);
}

const CONTROL_NAMES: Readonly<Record<RoofKernelName, string>> = {
  stream: 'roof: streaming',
  'fma-scalar': 'roof: multiply-adds',
  'fma-vector': 'roof: multiply-adds',
  empty: 'roof: empty dispatches',
};

function controlCells({ kernel, amount, seconds }: ControlResult): string[] {
  const { median } = seconds;
  const rates = {
    stream: formatBytes(amount / median),
    'fma-scalar': formatFlops(amount / median),
    'fma-vector': formatFlops(amount / median),
    empty: `${formatSeconds(median / amount)} a dispatch`,
  };
  const times = [median, seconds.min, seconds.iqr].map(formatSeconds);
  return [CONTROL_NAMES[kernel], ...times, String(seconds.count), rates[kernel], '', '', kernel, ''];
}
