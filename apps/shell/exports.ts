/** What every lab lets its reader take away: numbers, settings, and a file that repeats the run. */
import type { ExportItem } from '../components/export-menu/element.ts';
import { toCsv } from '../components/shared/files.ts';
import type { Contract } from '../runtime/contract.ts';
import type { AnyDefinition, DeviceInfo } from '../runtime/experiment.ts';
import { type Config, writeLink } from '../runtime/link.ts';
import type { RunStore } from '../runtime/store.ts';

export interface ExportSource {
  readonly definition: AnyDefinition;
  readonly preset: string;
  /** The configuration of the run that is shown. */
  readonly config: Config;
  readonly store: RunStore<Contract>;
  readonly device: DeviceInfo | undefined;
  readonly recorded: boolean;
}

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

/** One table as CSV; the columns are those of all rows, in order of appearance. */
export function tableCsv(rows: readonly Readonly<Record<string, string | number | boolean | null>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return toCsv(
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  );
}

/** Result, configuration, environment, curves and tables: the same names as in the file of `npm run lab -- … --json`. */
export function runJson(source: ExportSource): string {
  const { definition, preset, config, store, device, recorded } = source;
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
    config,
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

/** A TypeScript file that repeats the run in Node with the lab's own experiment. */
export function runScript({ definition, preset, config }: ExportSource): string {
  const command = `npm run lab -- ${definition.id} --preset ${preset}`;
  return `/**
 * ${definition.title}: ${definition.question}
 * Save this file in the root of a Chalkgrad checkout and run it with \`node apps/cli/run.mjs exec FILE\`.
 * Without a file: \`${command}\`. In the browser: labs/${definition.id}/#${writeLink(definition, { preset, config }, { seed: true })}
 */
import { experiment } from './apps/labs/${definition.id}/experiment.ts';
import { runInNode } from './apps/runtime/node.ts';
import { nodeEnvironment } from './apps/runtime/node-environment.ts';

const config = ${JSON.stringify(config, undefined, 2)} as const;

const run = await runInNode(experiment, {
  environment: nodeEnvironment('data/packs'),
  config,
  onEvent(event) {
    if (event.type === 'metric') console.log(event.series, event.x, event.y);
  },
});
console.log(run.device, run.seconds, run.result);
await run.runner.stop();
`;
}

/** The items that every lab offers, after its own. */
export function commonExports(source: ExportSource): readonly ExportItem[] {
  const { definition, store } = source;
  const name = `${definition.id}-seed-${source.config.seed}`;
  const early = store.charts.size === 0 ? { unavailable: 'after the first step' } : {};
  return [
    { id: 'curves', label: 'curves', format: 'csv', name: `${name}-curves`, provide: () => curvesCsv(store), ...early },
    ...[...store.tables].map(
      ([table, rows]): ExportItem => ({
        id: `table-${table}`,
        label: table,
        format: 'csv',
        name: `${name}-${table}`,
        provide: () => tableCsv(rows),
      }),
    ),
    { id: 'run', label: 'run and settings', format: 'json', name, provide: () => runJson(source) },
    { id: 'script', label: 'a script that repeats the run', format: 'ts', name, provide: () => runScript(source) },
  ];
}
