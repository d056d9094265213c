/** All numbers of a group of cases as an HTML table: a row per contender, and one for the roof that ran beside them. */
import type { BenchResult, CaseResult, ContenderResult, ControlResult } from '../measure/result.ts';
import type { Summary } from '../measure/statistics.ts';
import type { RoofKernelName } from '../roofline/roof-kernels.ts';
import { formatBytes, formatFlops, formatPercent, formatSeconds } from './format.ts';
import { escapeHtml } from './plot.ts';
import { variantList, variantText } from './variants.ts';
import { quartileText, shareOfRoof } from './view.ts';

const HEADER = [
  'case',
  'library',
  'median',
  'min',
  'quartiles',
  'batches',
  'rate',
  'of the roof',
  'error',
  'variant',
  'dispatches',
];

export function groupTable(result: BenchResult, cases: readonly CaseResult[]): string {
  const rows = cases.flatMap((one) => [
    ...one.contenders.map((candidate) => [one.name, ...contenderCells(result, one, candidate)]),
    ...controlsOf(one).map(([threads, control]) => [one.name, ...controlCells(control, threads)]),
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
    ...timeCells(candidate, seconds),
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

function timeCells(timing: Pick<ContenderResult, 'samples'>, { median, min }: Summary): string[] {
  return [formatSeconds(median), formatSeconds(min), quartileText(timing)];
}

const CONTROL_NAMES: Readonly<Record<RoofKernelName, string>> = {
  stream: 'roof: streaming',
  'fma-scalar': 'roof: multiply-adds',
  'fma-vector': 'roof: multiply-adds',
  empty: 'roof: empty dispatches',
  'processor-stream': 'roof of the processor: streaming',
  'processor-fma': 'roof of the processor: multiply-adds',
};

/** The roofs beside a case, with what to add to the name. */
function controlsOf({ control, processorControls }: CaseResult): [suffix: string, control: ControlResult][] {
  const found: [string, ControlResult | undefined][] = [
    ['', control],
    [', one thread', processorControls?.one],
    [', all threads', processorControls?.all],
  ];
  return found.flatMap(([suffix, measured]): [string, ControlResult][] => (measured ? [[suffix, measured]] : []));
}

function controlCells(control: ControlResult, suffix: string): string[] {
  const { kernel, seconds } = control;
  const name = CONTROL_NAMES[kernel] + suffix;
  return [name, ...timeCells(control, seconds), String(seconds.count), controlRate(control), '', '', kernel, ''];
}

function controlRate({ kernel, amount, seconds: { median } }: ControlResult): string {
  if (kernel === 'empty') return `${formatSeconds(median / amount)} a dispatch`;
  return kernel === 'stream' || kernel === 'processor-stream' ? formatBytes(amount / median) : formatFlops(amount / median);
}
