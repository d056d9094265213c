/** A run as text, to take away: its curves, its record, and a script that repeats it. Loaded when the reader asks for one. */
import { toCsv } from '../components/shared/files.ts';
import type { Contract } from '../runtime/contract.ts';
import { type AnyDefinition, type GivenFile, presetValues } from '../runtime/experiment.ts';
import { type Config, writeLink } from '../runtime/link.ts';
import { defaults, type Parameter } from '../runtime/schema.ts';
import type { RunStore } from '../runtime/store.ts';
import { sameValue, writeValue } from '../runtime/values.ts';
import type { ExportSource } from './exports.ts';

export { rowsCsv } from '../components/result-table/rows.ts';

const checkpointFile = ({ definition, made }: ExportSource): string =>
  `${definition.id}-seed-${made.config.seed}-start.safetensors`;

/** Every curve as rows: chart, series, x, y. */
export function curvesCsv(store: RunStore<Contract>): string {
  const rows: (string | number)[][] = [];
  for (const [chart, series] of store.charts) {
    for (const { name, x, y } of series.values()) {
      for (let i = 0; i < x.length; i++) rows.push([chart, name, x[i] as number, y[i] as number]);
    }
  }
  return toCsv(['chart', 'series', 'x', 'y'], rows);
}

/** Result, configuration, environment, curves and tables: the same names as in the file of `npm run lab -- … --json`. */
export function runJson(source: ExportSource): string {
  const { definition, preset, made, store, device, recorded } = source;
  const curves = Object.fromEntries(
    [...store.charts].map(([chart, series]) => [
      chart,
      Object.fromEntries([...series].map(([name, { x, y }]) => [name, { x, y }])),
    ]),
  );
  const report = {
    lab: definition.id,
    version: definition.version,
    preset,
    config: made.config,
    changes: made.changes,
    ...(made.checkpoint && { checkpoint: checkpointFile(source) }),
    ...(made.files?.size && { files: [...made.files.keys()] }),
    recorded,
    environment: { device, userAgent: navigator.userAgent, cores: navigator.hardwareConcurrency },
    steps: store.step?.step ?? 0,
    result: store.result ?? null,
    tables: Object.fromEntries(store.tables),
    notes: store.notes,
    curves,
  };
  return JSON.stringify(report, undefined, 1);
}

/** The command that makes the same run, from a preset and what differs from it. */
export function labCommand(definition: AnyDefinition, preset: string, config: Config): string {
  const base: Config = defaults(definition.schema, { ...presetValues(definition, preset), ...definition.commandLine });
  const quoted = (text: string) => (/^[\w.+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const differing = (Object.entries(definition.schema) as [string, Parameter][]).filter(
    ([key, p]) => key in config && !sameValue(p, config[key], base[key]),
  );
  const values = differing.map(([key, p]) => `--set ${key}=${quoted(writeValue(p, config[key]))}`);
  return ['npm run lab --', definition.id, `--preset ${quoted(preset)}`, ...values].join(' ');
}

async function sha256(file: GivenFile): Promise<string> {
  const bytes = file instanceof Blob ? await file.arrayBuffer() : new Uint8Array(file);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * A TypeScript file that repeats the run in Node with the lab's own experiment, live changes included. It names the files that the run was
 * given and stops where one is missing or is another one.
 */
export async function runScript(source: ExportSource): Promise<string> {
  const { definition, preset, made } = source;
  const { config, changes, checkpoint, files } = made;
  const needed = new Map([...(files ?? []), ...(checkpoint ? [[checkpointFile(source), checkpoint] as const] : [])]);
  const hashes: (readonly [string, string])[] = [];
  // One after another: an archive is held only while it is read.
  for (const [name, file] of needed) hashes.push([name, await sha256(file)]);
  const options = [
    ...(changes.length > 0 ? [`changes: ${JSON.stringify(changes)}, // the reader moved these controls after these steps`] : []),
    ...(checkpoint
      ? [`checkpoint: read(${JSON.stringify(checkpointFile(source))}), // where the run went on from: export it too`]
      : []),
    ...(files?.size
      ? [`files: new Map(${JSON.stringify([...files.keys()])}.map((name) => [name, read(name)])), // the reader's own`]
      : []),
  ];
  const reading = `
/** The files that the run was given, beside this one, and their SHA-256. */
const hashes: Record<string, string> = ${JSON.stringify(Object.fromEntries(hashes), undefined, 2)};
function read(name: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(readFileSync(new URL(name.split('/').map(encodeURIComponent).join('/'), import.meta.url)));
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== hashes[name]) throw new Error(\`\${name} is another file than that of the run: SHA-256 \${hash}, not \${hashes[name]}\`);
  return bytes;
}
`;
  return `/**
 * ${definition.title}: ${definition.question}
 * Save this file in the root of a Chalkgrad checkout and run it with \`node apps/cli/run.mjs exec FILE\`.
 * Without a file: \`${labCommand(definition, preset, config)}\`
 * In the browser: labs/${definition.id}/#${writeLink(definition, { preset, config }, { seed: true })}
 */
${needed.size > 0 ? "import { createHash } from 'node:crypto';\nimport { readFileSync } from 'node:fs';\n" : ''}import { experiment } from './apps/labs/${definition.id}/experiment.ts';
import { runInNode } from './apps/runtime/node.ts';
import { nodeEnvironment } from './apps/runtime/node-environment.ts';
${needed.size > 0 ? reading : ''}
const config = ${JSON.stringify(config, undefined, 2)} as const;

const run = await runInNode(experiment, {
  environment: nodeEnvironment('data/packs'),
  config,
${options.map((option) => `  ${option}\n`).join('')}  onEvent(event) {
    if (event.type === 'metric') console.log(event.series, event.x, event.y);
  },
});
console.log(run.device, run.seconds, run.result);
await run.runner.stop();
`;
}
