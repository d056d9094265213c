/** The report as Markdown: a file beside the result. */
import type { BenchResult, CaseResult, ContenderResult } from '../measure/result.ts';
import { isOurs } from '../measure/result.ts';
import { formatBytes, formatFlops, formatPercent, formatRatio, formatSeconds } from './format.ts';
import { headline } from './headline.ts';
import { counterpart, median, nameOf } from './kinds.ts';
import { profileTables } from './profile.ts';
import { variantRows } from './variants.ts';
import {
  casesOf,
  contender,
  contenderIds,
  dispatchCost,
  environmentFacts,
  few,
  fewNote,
  fewStepsNote,
  meanSpeedup,
  quartileText,
  roofNote,
  shareOfRoof,
  speedup,
  warnings,
  whyNoTime,
} from './view.ts';

export function markdownReport(result: BenchResult): string {
  const parts = [
    warnings(result)
      .map((line) => `> ${line}`)
      .join('  \n'),
    environmentFacts(result)
      .map(([label, value]) => `- ${label}: ${value}`)
      .join('\n'),
    headline(result) ?? '',
    protocol(result),
    rooflineTable(result),
    processorTable(result),
    timesTable('Training step (loss, gradients, update)', result, casesOf(result, 'training-step')),
    fewStepsNote(casesOf(result, 'training-step')),
    firstStepTable(result),
    ratesTable('Kernels', result, [...casesOf(result, 'kernel'), ...casesOf(result, 'forward')], 'flops'),
    ratesTable('Streaming kernels', result, casesOf(result, 'streaming'), 'bytes'),
    overheadTable(result),
    ladderTables(result),
    profileDetails(result),
    variantTable(result),
  ];
  return parts.filter(Boolean).join('\n\n');
}

function protocol(result: BenchResult): string {
  const place = result.environment.where === 'node' ? 'process' : 'page';
  const order = result.cases.some((one) => one.seed !== undefined) ? ' in random order' : '';
  return (
    `Medians of ${result.batches} batches, libraries interleaved${order} in one ${place}; values checked to agree before timing. A cell shows ` +
    'the time (between square brackets the quartiles) and, in round brackets, how many times longer it took than Chalkgrad on the same: WebGPU ' +
    `and WebGL beside WebGPU, one thread of the processor beside one thread, threads beside threads. ${fewNote(result)}`
  );
}

/** What one thread and all threads do at best. */
function processorTable({ processor }: BenchResult): string {
  if (!processor) return '';
  const columns = [processor.one, ...(processor.all ? [processor.all] : [])];
  const rows = [
    ['Multiply-add peak', ...columns.map((roof) => formatFlops(roof.flopsPerSecond))],
    ['Streaming loop (read and write)', ...columns.map((roof) => formatBytes(roof.bytesPerSecond))],
  ];
  const header = ['', 'one thread', ...(processor.all ? [`${processor.threads} threads`] : [])];
  return `**Roofline of the processor** (WebAssembly SIMD)\n\n${table(header, rows)}`;
}

function rooflineTable(result: BenchResult): string {
  const { roofline } = result;
  if (!roofline) return roofNote(result);
  const rows = [
    ['Multiply-add peak', formatFlops(roofline.flopsPerSecond)],
    ['Streaming kernel (read and write)', formatBytes(roofline.stream.best)],
    ['copyBufferToBuffer', formatBytes(roofline.copy.best)],
    ['Empty dispatch in a pass', formatSeconds(roofline.dispatch.best)],
  ];
  const note = result.adapter.software
    ? ' In software every load is a gather of four lanes and costs as much as dozens of multiply-adds, so no kernel that reads operands comes near the peak.'
    : '';
  return `**Roofline of the adapter**\n\n${table(['', ''], rows)}\n\n${roofNote(result)}${note}`;
}

function timesTable(title: string, result: BenchResult, cases: readonly CaseResult[]): string {
  if (cases.length === 0) return '';
  const ids = contenderIds(cases);
  const rows = cases.map((one) => [`${one.name} (${one.shape})`, ...ids.map((id) => timeCell(result, one, contender(one, id)))]);
  const summary = ids.map((id) => {
    const ratio = isOurs(id) ? undefined : meanSpeedup(result, cases, id);
    return ratio === undefined ? '' : formatRatio(ratio);
  });
  if (summary.some(Boolean)) rows.push(['Geometric mean of the ratios', ...summary]);
  return `**${title}**\n\n${table(['', ...ids], rows)}`;
}

function timeCell(result: BenchResult, one: CaseResult, candidate: ContenderResult | undefined): string {
  const seconds = median(candidate);
  if (seconds === undefined) return whyNoTime(candidate);
  const spread = candidate ? ` [${quartileText(candidate)}]` : '';
  return `${formatSeconds(seconds)}${spread}${few(result, candidate)}${ratioText(result, one, candidate)}`;
}

/** ` (4.00×)` behind a peer that has a counterpart. */
function ratioText(result: BenchResult, one: CaseResult, candidate: ContenderResult | undefined): string {
  if (!candidate || isOurs(candidate.id)) return '';
  const ratio = speedup(counterpart(result, one, candidate.id), candidate);
  return ratio === undefined ? '' : ` (${formatRatio(ratio)})`;
}

function firstStepTable(result: BenchResult): string {
  if (result.firstSteps.length === 0) return '';
  const rows = result.firstSteps.map((step) => [
    step.id,
    step.openSeconds === undefined ? '–' : formatSeconds(step.openSeconds),
    step.stepSeconds === undefined ? (step.error ?? '–') : formatSeconds(step.stepSeconds),
  ]);
  const network = result.firstSteps[0]?.network ?? '';
  const place = result.environment.where === 'node' ? 'process' : 'browser';
  return `**First step in a fresh ${place}** (${network}, every compilation in it)\n\n${table(['', 'start of the library', 'first step'], rows)}`;
}

function ratesTable(title: string, result: BenchResult, cases: readonly CaseResult[], unit: 'flops' | 'bytes'): string {
  if (cases.length === 0) return '';
  const ids = contenderIds(cases);
  const rows = cases.map((one) => [one.name, ...ids.map((id) => rateCell(result, one, contender(one, id), unit))]);
  const note = unit === 'flops' ? 'GFLOP/s' : 'GB/s of the bytes that must move';
  const cells = 'of Chalkgrad with the share of the roof, of a peer with how many times longer it takes';
  return `**${title}** (${note}; ${cells})\n\n${table(['', ...ids], rows)}`;
}

function rateCell(result: BenchResult, one: CaseResult, candidate: ContenderResult | undefined, unit: 'flops' | 'bytes'): string {
  const seconds = median(candidate);
  if (seconds === undefined) return whyNoTime(candidate);
  const rate = (unit === 'flops' ? formatFlops(one.flops / seconds) : formatBytes(one.bytes / seconds)).replace(
    / [GT].*$/,
    (text) => (text.startsWith(' T') ? text : ''),
  );
  const share = candidate && isOurs(candidate.id) ? shareOfRoof(result, one, candidate) : undefined;
  const note = share === undefined ? ratioText(result, one, candidate) : ` (${formatPercent(share)})`;
  return `${rate}${few(result, candidate)}${note}`;
}

/** What the engine adds to a dispatch. */
function overheadTable(result: BenchResult): string {
  const rows = casesOf(result, 'overhead').flatMap((one) =>
    one.contenders.flatMap((ours) => {
      const cost = dispatchCost(result, one, ours);
      if (!cost) return [];
      const { replayed, empty } = cost;
      const cells = [formatSeconds(replayed), empty === undefined ? '–' : formatSeconds(empty)];
      return [[`${one.name} (${one.shape})`, ours.id, ...cells]];
    }),
  );
  if (rows.length === 0) return '';
  const header = ['', '', 'dispatch of a replayed step of Chalkgrad', 'empty dispatch'];
  return `**Overhead of a recorded step** (time per dispatch)\n\n${table(header, rows)}`;
}

/** Per ladder and device one table: each rung with its rate, its step over the first, and its share of the roof. */
function ladderTables(result: BenchResult): string {
  return casesOf(result, 'ladder')
    .flatMap((one) => {
      const timed = one.contenders.filter((candidate) => median(candidate) !== undefined);
      const devices = [...new Set(timed.map(({ id }) => id.split(' · ')[0] as string))];
      return devices.map((device) =>
        ladderTable(
          result,
          one,
          device,
          timed.filter(({ id }) => id.startsWith(`${device} · `)),
        ),
      );
    })
    .join('\n\n');
}

function ladderTable(result: BenchResult, one: CaseResult, device: string, rungs: readonly ContenderResult[]): string {
  const first = median(rungs[0]) as number;
  const rows = rungs.map((candidate) => {
    const seconds = median(candidate) as number;
    const share = shareOfRoof(result, one, candidate);
    const rate = one.flops / one.bytes > 2 ? formatFlops(one.flops / seconds) : formatBytes(one.bytes / seconds);
    const name = candidate.id.split(' · ')[1] as string;
    const times = [formatSeconds(seconds), quartileText(candidate), rate, formatRatio(first / seconds)];
    return [name, ...times, share === undefined ? '–' : formatPercent(share)];
  });
  const header = ['rung', 'time', 'quartiles', 'rate', 'over the first', 'of the roof'];
  return `**${one.name.replace('ladder: ', 'Ladder: ')}, ${nameOf(result, device)}**\n\n${table(header, rows)}`;
}

function profileDetails(result: BenchResult): string {
  return profileTables(result)
    .map(
      ({ title, note, header, rows }) =>
        `<details><summary>${title}</summary>\n\n${note}\n\n${table(header, rows)}\n\n</details>`,
    )
    .join('\n\n');
}

function variantTable(result: BenchResult): string {
  const rows = variantRows(result);
  if (rows.length === 0) return '';
  return `<details><summary>Variants of the kernels (chosen by rule, unless another word stands there)</summary>\n\n${table(
    ['', 'kernels of one execution'],
    rows,
  )}\n\n</details>`;
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `| ${header.map((_, i) => (i === 0 ? '---' : '--:')).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}
