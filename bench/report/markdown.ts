/** The report as Markdown: a file beside the result, and without what is folded there the README's benchmark section. */
import type { BenchResult, CaseResult, ContenderResult } from '../measure/result.ts';
import { isOurs } from '../measure/result.ts';
import { formatBytes, formatFlops, formatPercent, formatRatio, formatSeconds } from './format.ts';
import { profileTables } from './profile.ts';
import { variantRows } from './variants.ts';
import {
  casesOf,
  contender,
  contenderIds,
  dispatchCost,
  environmentFacts,
  fastestOf,
  fastestOurs,
  fastestPeer,
  few,
  fewNote,
  fewStepsNote,
  meanSpeedup,
  median,
  roofNote,
  shareOfRoof,
  speedup,
  warnings,
  whyNoTime,
} from './view.ts';

export const BEGIN = '<!-- benchmark: written by `npm run bench -- --readme` -->';
export const END = '<!-- end of benchmark -->';

/** @param whole address of the whole report: what is folded there is then left out here */
export function markdownReport(result: BenchResult, whole?: string): string {
  const parts = [
    warnings(result)
      .map((line) => `> ${line}`)
      .join('  \n'),
    environmentFacts(result)
      .map(([label, value]) => `- ${label}: ${value}`)
      .join('\n'),
    headline(result) ?? '',
    `Medians of ${result.batches} batches, libraries interleaved in one page; values checked to agree before timing. A cell shows ` +
      `the time and, in brackets, how many times longer than Chalkgrad it took. ${fewNote(result)}`,
    rooflineTable(result),
    timesTable('Training step (loss, gradients, update)', result, casesOf(result, 'training-step')),
    fewStepsNote(casesOf(result, 'training-step')),
    firstStepTable(result),
    ratesTable('Kernels', result, [...casesOf(result, 'kernel'), ...casesOf(result, 'forward')], 'flops'),
    ratesTable('Streaming kernels', result, casesOf(result, 'streaming'), 'bytes'),
    overheadTable(result),
    ladderTables(result),
    ...(whole === undefined
      ? [profileDetails(result), variantTable(result)]
      : [
          `[The whole report](${whole}) also says which variant of each kernel ran, and where the time of a training step goes, kernel by kernel.`,
        ]),
  ];
  return parts.filter(Boolean).join('\n\n');
}

/** Replaces what stands between the markers of a README. @throws Error where the markers are missing */
export function replaceSection(readme: string, section: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the file lacks the lines '${BEGIN}' and '${END}' in this order`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${readme.slice(end)}`;
}

function rooflineTable(result: BenchResult): string {
  const { roofline } = result;
  const rows = [
    ['Multiply-add peak', formatFlops(roofline.flopsPerSecond)],
    ['Streaming kernel (read and write)', formatBytes(roofline.stream.best)],
    ['copyBufferToBuffer', formatBytes(roofline.copy.best)],
    ['Empty dispatch in a pass', formatSeconds(roofline.dispatch.best)],
  ];
  const note = result.adapter.software
    ? ' In software every load is a gather of four lanes and costs as much as dozens of multiply-adds, so no kernel that reads operands comes near the peak. The columns named wasm and cpu do not use the adapter: they run on the processor directly, which this adapter only imitates a GPU with.'
    : '';
  return `**Roofline of the adapter**\n\n${table(['', ''], rows)}\n\n${roofNote(result)}${note}`;
}

function timesTable(title: string, result: BenchResult, cases: readonly CaseResult[]): string {
  if (cases.length === 0) return '';
  const ids = contenderIds(cases);
  const rows = cases.map((one) => [`${one.name} (${one.shape})`, ...ids.map((id) => timeCell(result, one, contender(one, id)))]);
  const summary = ids.map((id) => {
    const ratio = isOurs(id) ? undefined : meanSpeedup(cases, (one) => contender(one, id));
    return ratio === undefined ? '' : formatRatio(ratio);
  });
  if (summary.some(Boolean)) rows.push(['Geometric mean of the ratios', ...summary]);
  return `**${title}**\n\n${table(['', ...ids], rows)}`;
}

function timeCell(result: BenchResult, one: CaseResult, candidate: ContenderResult | undefined): string {
  const seconds = median(candidate);
  if (seconds === undefined) return whyNoTime(candidate);
  const ratio = candidate && !isOurs(candidate.id) ? speedup(fastestOurs(one), candidate) : undefined;
  const text = `${formatSeconds(seconds)}${few(result, candidate)}`;
  return ratio === undefined ? text : `${text} (${formatRatio(ratio)})`;
}

function firstStepTable(result: BenchResult): string {
  if (result.firstSteps.length === 0) return '';
  const rows = result.firstSteps.map((step) => [
    step.id,
    step.openSeconds === undefined ? '–' : formatSeconds(step.openSeconds),
    step.stepSeconds === undefined ? (step.error ?? '–') : formatSeconds(step.stepSeconds),
  ]);
  const network = result.firstSteps[0]?.network ?? '';
  return `**First step in a fresh browser** (${network}, every compilation in it)\n\n${table(['', 'start of the library', 'first step'], rows)}`;
}

function ratesTable(title: string, result: BenchResult, cases: readonly CaseResult[], unit: 'flops' | 'bytes'): string {
  if (cases.length === 0) return '';
  const ids = contenderIds(cases);
  const rows = cases.map((one) => {
    const share = shareOfRoof(result, one, fastestOurs(one) ?? fastestPeer(one));
    return [
      one.name,
      ...ids.map((id) => rateCell(result, one, contender(one, id), unit)),
      share === undefined ? '–' : formatPercent(share),
    ];
  });
  const note = unit === 'flops' ? 'GFLOP/s' : 'GB/s of the bytes that must move';
  const ours = ids.some(isOurs) ? 'of the roof' : 'of the roof (fastest)';
  return `**${title}** (${note}; in brackets times slower than Chalkgrad)\n\n${table(['', ...ids, ours], rows)}`;
}

function rateCell(result: BenchResult, one: CaseResult, candidate: ContenderResult | undefined, unit: 'flops' | 'bytes'): string {
  const seconds = median(candidate);
  if (seconds === undefined) return whyNoTime(candidate);
  const rate = (unit === 'flops' ? formatFlops(one.flops / seconds) : formatBytes(one.bytes / seconds)).replace(
    / [GT].*$/,
    (text) => (text.startsWith(' T') ? text : ''),
  );
  const ratio = candidate && !isOurs(candidate.id) ? speedup(fastestOurs(one), candidate) : undefined;
  const text = `${rate}${few(result, candidate)}`;
  return ratio === undefined ? text : `${text} (${formatRatio(ratio)})`;
}

/** What the engine adds to a dispatch. */
function overheadTable(result: BenchResult): string {
  const rows = casesOf(result, 'overhead').flatMap((one) => {
    const cost = dispatchCost(result, one);
    if (!cost) return [];
    const { replayed, empty } = cost;
    return [[`${one.name} (${one.shape})`, formatSeconds(replayed), empty === undefined ? '–' : formatSeconds(empty)]];
  });
  if (rows.length === 0) return '';
  const header = ['', 'dispatch of a replayed step of Chalkgrad', 'empty dispatch'];
  return `**Overhead of a recorded step** (time per dispatch)\n\n${table(header, rows)}`;
}

/** Per ladder one table: each rung with its rate, its step over the rung before, and its share of the roof. */
function ladderTables(result: BenchResult): string {
  return casesOf(result, 'ladder')
    .map((one) => {
      const timed = one.contenders.filter((candidate) => median(candidate) !== undefined);
      const naive = median(timed[0]);
      const rows = timed.map((candidate) => {
        const seconds = median(candidate) as number;
        const share = shareOfRoof(result, one, candidate);
        const rate = one.flops / one.bytes > 2 ? formatFlops(one.flops / seconds) : formatBytes(one.bytes / seconds);
        const name = candidate.id.split(' · ')[1] ?? candidate.id;
        return [
          name,
          formatSeconds(seconds),
          rate,
          formatRatio((naive as number) / seconds),
          share === undefined ? '–' : formatPercent(share),
        ];
      });
      if (rows.length === 0) return '';
      return `**${one.name.replace('ladder: ', 'Ladder: ')}**\n\n${table(['rung', 'time', 'rate', 'over the first', 'of the roof'], rows)}`;
    })
    .filter(Boolean)
    .join('\n\n');
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

/** Ratios of one library's fastest backend, for the sentence above the README's table. */
export function headline(result: BenchResult): string | undefined {
  const convNet = result.cases.find((one) => one.name.startsWith('ConvNet training'));
  const ours = convNet && fastestOurs(convNet);
  if (!convNet || !ours) return undefined;
  const against = ['jax-js', 'tfjs'].flatMap((library) => {
    const ratio = speedup(ours, fastestOf(convNet, library));
    return ratio === undefined ? [] : [`${formatRatio(ratio)} faster than ${library}'s fastest backend`];
  });
  return `A ConvNet training step takes ${formatSeconds(median(ours) as number)}${against.length > 0 ? `: ${against.join(', ')}` : ''}.`;
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `| ${header.map((_, i) => (i === 0 ? '---' : '--:')).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}
