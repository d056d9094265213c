/** A lab report to hand in: what was run, what came out, what the reader expected and found. One text, as Markdown and as a page that prints. */

import { escaped } from '../components/shared/escape.ts';
import type { Contract } from '../runtime/contract.ts';
import { type AnyDefinition, type DeviceInfo, presetValues } from '../runtime/experiment.ts';
import { type Config, writeLink } from '../runtime/link.ts';
import { defaults, type Parameter } from '../runtime/schema.ts';
import type { RunStore } from '../runtime/store.ts';
import { sameValue, writeValue } from '../runtime/values.ts';
import type { ReaderNotes } from './notes-store.ts';
import type { MadeRun } from './run-host.ts';

export interface Figure {
  readonly caption: string;
  /** PNG, as a `data:` address. */
  readonly address: string;
}

export interface ReportSource {
  readonly definition: AnyDefinition;
  readonly preset: string;
  readonly made: MadeRun;
  readonly store: RunStore<Contract>;
  readonly device: DeviceInfo | undefined;
  readonly recorded: boolean;
  readonly finding: string;
  readonly notes: ReaderNotes;
  readonly figures: readonly Figure[];
  /** Of the lab's page, without settings. */
  readonly address: string;
}

/** Most rows of a table that a report prints. */
const MOST_ROWS = 40;

/** The parts of a report, of which both forms are made. */
type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'figure'; readonly figure: Figure };

const heading = (text: string): Block => ({ kind: 'heading', text });
const paragraph = (text: string): Block => ({ kind: 'text', text });

/** Up to six digits; text as it is. */
const cell = (value: unknown): string =>
  typeof value === 'number'
    ? Number.isInteger(value)
      ? String(value)
      : String(Number(value.toPrecision(6)))
    : String(value ?? '');

function settings({ definition, preset, made }: ReportSource): Block[] {
  const base: Config = defaults(definition.schema, presetValues(definition, preset));
  const rows = (Object.entries(definition.schema) as [string, Parameter][])
    .filter(([key, p]) => key in made.config && p.type !== 'json' && !p.hidden)
    .map(([key, p]) => [
      p.symbol ? `${p.label} (${p.symbol})` : p.label,
      writeValue(p, made.config[key]),
      sameValue(p, made.config[key], base[key]) ? '' : 'changed',
    ]);
  const moved = made.changes.map(
    ({ step, values }) =>
      `after step ${step}: ${Object.entries(values)
        .map(([k, v]) => `${k} = ${cell(v)}`)
        .join(', ')}`,
  );
  return [
    { kind: 'table', head: ['setting', 'value', `against preset “${preset}”`], rows },
    ...(moved.length > 0 ? [paragraph(`Changed while it ran: ${moved.join('; ')}.`)] : []),
  ];
}

function curves({ store }: ReportSource): Block[] {
  const rows = [...store.charts].flatMap(([chart, series]) =>
    [...series.values()].flatMap(({ name, x, y }) => {
      const finite = y.filter(Number.isFinite);
      if (finite.length === 0) return [];
      const least = finite.reduce((a, b) => Math.min(a, b));
      return [[chart, name, String(x.length), cell(y[0]), cell(least), cell(y.at(-1))]];
    }),
  );
  return rows.length > 0 ? [{ kind: 'table', head: ['chart', 'curve', 'points', 'first', 'least', 'last'], rows }] : [];
}

function tables({ store }: ReportSource): Block[] {
  return [...store.tables].flatMap(([name, rows]): Block[] => {
    const head = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const shown = rows.slice(0, MOST_ROWS).map((row) => head.map((key) => cell(row[key])));
    const left = rows.length - shown.length;
    return [
      heading(name),
      { kind: 'table', head, rows: shown },
      ...(left > 0 ? [paragraph(`${left} more rows are in the CSV export.`)] : []),
    ];
  });
}

/** Repeats the run, whatever the controls say now. */
const linkOf = ({ definition, preset, made, address }: ReportSource): string =>
  `${address}#${writeLink(definition, { preset, config: made.config }, { seed: true })}`;

function blocks(source: ReportSource): Block[] {
  const { definition, store, device, recorded, finding, notes, figures } = source;
  const where = device ? `${device.name} (${device.kind})` : 'unknown device';
  const answers = Object.entries(notes.answers).filter(([, text]) => text.trim() !== '');
  return [
    paragraph(definition.question),
    paragraph(
      `${recorded ? 'A recorded run' : 'Run'} on ${where}, ${store.step?.step ?? 0} steps. It is repeated by ${linkOf(source)}`,
    ),
    ...(notes.prediction ? [heading('Prediction, before the run'), paragraph(notes.prediction)] : []),
    ...(finding ? [heading('What the run found'), paragraph(finding)] : []),
    ...(answers.length > 0
      ? [heading('Answers'), ...answers.flatMap(([q, text]) => [paragraph(`“${q}”`), paragraph(text)])]
      : []),
    ...(figures.length > 0 ? [heading('Figures'), ...figures.map((figure): Block => ({ kind: 'figure', figure }))] : []),
    heading('Numbers'),
    ...curves(source),
    ...tables(source),
    heading('Settings'),
    ...settings(source),
  ];
}

/** Characters that Markdown or a table would take for its own. */
const quoted = (text: string): string => text.replace(/([\\`*_[\]<>|#])/g, '\\$1').replace(/\n+/g, '  \n');

/** @returns Markdown with the pictures inside */
export function reportMarkdown(source: ReportSource): string {
  const lines = blocks(source).map((block) => {
    if (block.kind === 'heading') return `## ${quoted(block.text)}`;
    if (block.kind === 'text') return /https?:/.test(block.text) ? block.text : quoted(block.text);
    if (block.kind === 'figure') return `![${quoted(block.figure.caption)}](${block.figure.address})`;
    const row = (cells: readonly string[]) => `| ${cells.map(quoted).join(' | ')} |`;
    return [row(block.head), row(block.head.map(() => '---')).replaceAll('\\', ''), ...block.rows.map(row)].join('\n');
  });
  return [`# ${quoted(source.definition.title)}`, ...lines, ''].join('\n\n');
}

/** @returns one file that prints well: no script, no address but the link */
export function reportHtml(source: ReportSource): string {
  const body = blocks(source).map((block) => {
    if (block.kind === 'heading') return `<h2>${escaped(block.text)}</h2>`;
    if (block.kind === 'text')
      return `<p>${escaped(block.text)
        .replace(/https?:\S+/g, (link) => `<a href="${link}">${link}</a>`)
        .replaceAll('\n', '<br>')}</p>`;
    if (block.kind === 'figure')
      return `<figure><img src="${block.figure.address}" alt="${escaped(block.figure.caption)}"><figcaption>${escaped(block.figure.caption)}</figcaption></figure>`;
    const row = (cells: readonly string[], tag: string) =>
      `<tr>${cells.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
    return `<table><thead>${row(block.head, 'th')}</thead><tbody>${block.rows.map((cells) => row(cells, 'td')).join('')}</tbody></table>`;
  });
  const title = escaped(source.definition.title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: lab report</title>
<style>
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 Charter, Georgia, serif; color: #1d2522; background: #fff; }
h1, h2 { line-height: 1.2; break-after: avoid; }
table { border-collapse: collapse; font: 0.85rem/1.4 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #dedbd0; text-align: start; }
figure { margin: 1rem 0; break-inside: avoid; }
img { max-width: 100%; }
figcaption { color: #4d5853; font-size: 0.85rem; }
a { overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>${title}</h1>
${body.join('\n')}
</body>
</html>
`;
}
