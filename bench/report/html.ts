/** The report as one page that opens from a file: plots of the share of the roof and of the ratio to the peers, and all numbers. */
import type { BenchResult, CaseResult } from '../measure/result.ts';
import { isOurs } from '../measure/result.ts';
import type { ProcessorRoof } from '../roofline/processor-roof.ts';
import { formatBytes, formatFlops, formatPercent, formatRatio, formatSeconds } from './format.ts';
import { groupTable, htmlTable } from './group-table.ts';
import { headline } from './headline.ts';
import { type Kind, median } from './kinds.ts';
import { type Bar, barChart, escapeHtml } from './plot.ts';
import { profileTables } from './profile.ts';
import {
  casesOf,
  environmentFacts,
  fastestOurs,
  fastestPeer,
  GROUP_ORDER,
  GROUP_TITLES,
  quartiles,
  roofNote,
  shareOfRoof,
  speedup,
  warnings,
} from './view.ts';

const KINDS: readonly Kind[] = ['gpu', 'cpu'];

const STYLE = `
:root { color-scheme: light dark; --ours: #1f6f54; --peer: #9aa5b1; --text: #1d2329; --back: #fff; --line: #d5dbe1; --mark: #b3372f; }
@media (prefers-color-scheme: dark) { :root { --ours: #4fc196; --peer: #5d6873; --text: #e6eaee; --back: #14181c; --line: #333b43; --mark: #ff8a7a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child, td:nth-child(2) { text-align: left; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dt { font-weight: 600; } dd { margin: 0; }
figure { margin: 1.5rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); } .label { text-anchor: end; } .mark-label { text-anchor: middle; fill: var(--mark); }
.ours { fill: var(--ours); } .peer { fill: var(--peer); } .spread { stroke: var(--text); stroke-width: 1.5; }
.mark { stroke: var(--mark); stroke-dasharray: 4 3; } .warning { border-left: 4px solid var(--mark); padding-left: .8rem; }
`;

export function htmlReport(result: BenchResult): string {
  const title = `Chalkgrad benchmark, ${result.date.slice(0, 10)}, ${result.adapter.description}`;
  const facts = environmentFacts(result).map(([label, value]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd>`);
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    ...warnings(result).map((line) => `<p class="warning">${escapeHtml(line)}</p>`),
    `<dl>${facts.join('')}</dl>`,
    `<p>${escapeHtml(headline(result) ?? '')}</p>`,
    rooflineSection(result),
    processorSection(result),
    ...KINDS.map((kind) => ratioChart(result, kind)),
    ...KINDS.map((kind) => roofChart(result, kind)),
    ...GROUP_ORDER.map((group) => groupSection(result, GROUP_TITLES[group], casesOf(result, group))),
    profileSection(result),
  ];
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>\n<body>\n${body.filter(Boolean).join('\n')}\n</body></html>\n`
  );
}

function rooflineSection(result: BenchResult): string {
  const { roofline } = result;
  if (!roofline) return `<p>${escapeHtml(roofNote(result))}</p>`;
  const rows = [
    ['Multiply-add peak, scalar chains', formatFlops(roofline.fmaScalar.best), roofline.fmaScalar],
    ['Multiply-add peak, vec4 chains', formatFlops(roofline.fmaVector.best), roofline.fmaVector],
    ['Streaming kernel', formatBytes(roofline.stream.best), roofline.stream],
    ['copyBufferToBuffer', formatBytes(roofline.copy.best), roofline.copy],
    ['Empty dispatch in a pass', formatSeconds(roofline.dispatch.best), roofline.dispatch],
    ['Empty submit, waited for', formatSeconds(roofline.submit.best), roofline.submit],
  ] as const;
  const body = rows.map(
    ([label, best, { seconds }]) =>
      `<tr><td>${label}</td><td>${best}</td><td>${formatSeconds(seconds.median)}</td><td>${formatSeconds(seconds.iqr)}</td></tr>`,
  );
  return `<h2>Roofline of the adapter</h2><table><tr><th></th><th>best</th><th>median batch</th><th>spread</th></tr>${body.join('')}</table><p>${escapeHtml(roofNote(result))}</p>`;
}

function processorSection({ processor }: BenchResult): string {
  if (!processor) return '';
  const row = (name: string, roof: ProcessorRoof) => [name, formatFlops(roof.flopsPerSecond), formatBytes(roof.bytesPerSecond)];
  const rows = [row('one thread', processor.one), ...(processor.all ? [row(`${processor.threads} threads`, processor.all)] : [])];
  return `<h2>Roofline of the processor</h2>${htmlTable(['WebAssembly SIMD', 'multiply-add peak', 'streaming loop'], rows)}`;
}

const KIND_TITLES: Readonly<Record<Kind, string>> = { gpu: 'WebGPU and WebGL', cpu: 'On the processor' };

/** How many times longer the fastest peer of a kind takes; one bar per case that both measured. */
function ratioChart(result: BenchResult, kind: Kind): string {
  const bars = result.cases.flatMap((one): Bar[] => {
    const peer = fastestPeer(one, kind);
    const ratio = speedup(fastestOurs(one, kind), peer);
    return ratio === undefined
      ? []
      : [{ label: one.name, value: ratio, text: `${formatRatio(ratio)} (${peer?.id})`, ours: ratio >= 1 }];
  });
  if (bars.length === 0) return '';
  return `<h2>Against the fastest peer: ${KIND_TITLES[kind]}</h2>${barChart({
    title: 'Time of the fastest peer divided by Chalkgrad’s (logarithmic)',
    bars,
    scale: 'log',
    mark: { value: 1, label: 'equal' },
  })}`;
}

function roofChart(result: BenchResult, kind: Kind): string {
  const bars = result.cases
    .filter((one) => one.group !== 'ladder')
    .flatMap((one): Bar[] =>
      [fastestOurs(one, kind), fastestPeer(one, kind)].flatMap((candidate) => {
        const share = shareOfRoof(result, one, candidate);
        if (!candidate || share === undefined) return [];
        const label = isOurs(candidate.id) ? one.name : candidate.id;
        return [{ label, value: share, text: formatPercent(share), ours: isOurs(candidate.id) }];
      }),
    );
  if (bars.length === 0) return '';
  return `<h2>Share of the roofline: ${KIND_TITLES[kind]}</h2>${barChart({
    title: 'Time that the roof allows divided by the measured time',
    bars,
    scale: 'linear',
    max: 1,
    mark: { value: 1, label: 'roof' },
  })}`;
}

function groupSection(result: BenchResult, title: string, cases: readonly CaseResult[]): string {
  if (cases.length === 0) return '';
  const charts = cases.map((one) => {
    const timed = one.contenders.filter((candidate) => median(candidate) !== undefined);
    if (timed.length === 0) return '';
    const bars = timed.map(({ id, seconds, samples = [] }): Bar => {
      const value = seconds?.median ?? 0;
      const [low, high] = quartiles({ samples }) ?? [value, value];
      return { label: id, value, text: formatSeconds(value), ours: isOurs(id), low, high };
    });
    return barChart({ title: `${one.name}: ${one.shape}`, bars, scale: 'linear' });
  });
  return `<h2>${escapeHtml(title)}</h2>${charts.join('')}${groupTable(result, cases)}`;
}

function profileSection(result: BenchResult): string {
  const tables = profileTables(result).map(
    ({ title, note, header, rows }) =>
      `<details><summary>${escapeHtml(title)}</summary><p>${escapeHtml(note)}</p>${htmlTable(header, rows)}</details>`,
  );
  return tables.length === 0 ? '' : `<h2>Training steps, kernel by kernel</h2>${tables.join('')}`;
}
