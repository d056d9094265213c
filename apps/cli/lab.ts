/**
 * `npm run lab -- ID`: runs a lab without a browser and prints its result.
 *
 *     npm run lab -- regression --preset full --seed 2 --set units=20 --json result.json
 *
 *   --preset NAME    quick (default), full, or another of the lab's
 *   --seed N         the same as --set seed=N
 *   --seeds 1,2,3    one run for each, then means with 95 % intervals and ranges; folders get one of their own for each seed
 *   --set KEY=VALUE  any parameter, several times
 *   --device D       auto (default), webgpu, wasm, cpu
 *   --tune MODE      off (default), stored, measure or force: choose variants of kernels by measurement
 *   --give PATH      own images or another lab's checkpoints: a file, an archive or a folder, several times
 *   --checkpoint F   go on from a file that this lab has written
 *   --json FILE      writes result, configuration, environment, curves and tables
 *   --record FILE    writes the recording that the lab's page shows
 *   --record-every M keeps at most one picture of a name in M milliseconds (500); raise it for a smaller file
 *   --save FOLDER    writes every checkpoint
 *   --files FOLDER   writes what the run makes beside numbers, where the lab makes any: saliency's pictures, maps and overlays by class
 *   --legs FOLDER    keeps what is reached in FOLDER and goes on from there: a long run as the same command several times
 *   --minutes N      of a leg (110): the first checkpoint after it ends the leg
 *   --steps N        ends after N steps
 *   --help           the lab's parameters
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { measuredBars } from '../labs/bars.ts';
import { experiments } from '../labs/experiments.ts';
import { type AnyExperiment, type DevicePreference, presetValues, type TuneMode } from '../runtime/experiment.ts';
import { runInNode } from '../runtime/node.ts';
import { nodeEnvironment } from '../runtime/node-environment.ts';
import { Recorder, writeRecording } from '../runtime/recording.ts';
import type { Runner } from '../runtime/runner.ts';
import { defaults, type Schema } from '../runtime/schema.ts';
import { RunStore } from '../runtime/store.ts';
import { type LabArguments, parameterTable, parseLabArguments } from './lab-arguments.ts';
import { labFiles } from './lab-files.ts';
import { type LegOptions, LegOver, Legs } from './lab-legs.ts';
import { labProgress } from './lab-progress.ts';
import { type LabReport, reportOf } from './lab-report.ts';
import { argumentsOf, type SeedRun, summarise, summaryText } from './lab-seeds.ts';
import { repositoryRoot } from './root.ts';
import { missingWebGpu } from './vulkan.mjs';

/** @returns 0 on success, 1 where the run failed, 2 for wrong arguments, 3 where a leg is over and another one is needed */
export async function main(args: readonly string[]): Promise<number> {
  const id = args[0] ?? '';
  const load = experiments.get(id);
  if (!load) {
    const known = [...experiments.keys()].join(', ') || 'none yet';
    console.error(`${id && !id.startsWith('-') ? `There is no lab '${id}'.` : 'Which lab?'} Labs: ${known}`);
    return 2;
  }
  const experiment = await load();
  const parsed = parseLabArguments(experiment, args.slice(1));
  if (parsed.help) {
    console.log(`${experiment.title}: ${experiment.question}\n\n${parameterTable(experiment)}`);
    return 0;
  }
  if (parsed.errors.length > 0) {
    for (const error of parsed.errors) console.error(error);
    return 2;
  }
  for (const note of parsed.notes) console.warn(note);
  // Said before the run, which takes longer without: 'auto' goes on with the device that needs nothing.
  const missing = parsed.device === 'cpu' ? undefined : missingWebGpu();
  if (missing) console.warn(missing);
  const until = performance.now() + parsed.minutes * 60_000;
  try {
    if (parsed.seeds) await runSeeds(experiment, parsed, parsed.seeds, until);
    else await runOnce(experiment, parsed, until);
    return 0;
  } catch (error) {
    if (error instanceof LegOver) {
      console.log(`\n${error.message}`);
      return 3;
    }
    const { name, message } = error as Error;
    console.error(`\n${name}: ${message}`);
    if (process.env.DEBUG) console.error((error as Error).stack);
    return 1;
  }
}

/** One run for each seed, and what they have in common. */
async function runSeeds(experiment: AnyExperiment, args: LabArguments, seeds: readonly number[], until: number): Promise<void> {
  const reports: LabReport[] = [];
  const runs: SeedRun[] = [];
  for (const seed of seeds) {
    console.log(`\n── seed ${seed} ──`);
    const report = await runOnce(experiment, argumentsOf(seed, args), until);
    reports.push(report);
    runs.push({ seed, tables: new Map(Object.entries(report.tables)), result: report.result });
  }
  const summary = summarise(runs);
  console.log(`\n── seeds ${seeds.join(', ')}: mean [95 % interval of the mean] least…most ──`);
  for (const [table, rows] of Object.entries(summary)) {
    console.log(`\n${table}`);
    for (const [row, cells] of Object.entries(rows)) {
      console.log(`  ${row}`);
      for (const [column, of] of Object.entries(cells)) console.log(`    ${column}: ${summaryText(of)}`);
    }
  }
  if (args.json !== undefined)
    write(args.json, `${JSON.stringify({ lab: experiment.id, seeds, summary, runs: reports }, undefined, 1)}\n`);
}

/** The run, or its next leg. @throws LegOver where it is not at its end */
async function runOnce(experiment: AnyExperiment, args: LabArguments, until: number): Promise<LabReport> {
  const recorder = args.record === undefined ? undefined : new Recorder(args.recordEvery);
  // A recording is of the run that its page makes.
  const settings = { ...(recorder ? {} : experiment.commandLine), ...args.config };
  const config = { ...defaults<Schema>(experiment.schema, presetValues(experiment, args.preset)), ...settings };
  const given = args.checkpoint === undefined ? undefined : new Uint8Array(readFileSync(args.checkpoint));
  const legs =
    args.legs === undefined ? undefined : legsOf(args.legs, experiment, { ...args, config }, { until, checkpoint: given });
  if (legs?.finished) {
    legs.release();
    console.log('The run is finished.');
    print(legs.finished, args);
    return legs.finished;
  }
  const store = legs?.store ?? new RunStore();
  const checkpoint = legs?.checkpoint ?? given;
  const progress = labProgress(experiment.title);
  const started = new Date();
  const abort = new AbortController();
  const interrupt = () => abort.abort(new Error('interrupted'));
  const signals = legs ? (['SIGINT', 'SIGTERM'] as const) : (['SIGINT'] as const);
  for (const signal of signals) process.once(signal, interrupt);
  const done = await runInNode(experiment, {
    environment: nodeEnvironment(join(repositoryRoot, 'data/packs')),
    device: args.device as DevicePreference,
    tune: args.tune as TuneMode,
    config,
    files: await labFiles(args.given),
    signal: abort.signal,
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(args.steps === undefined ? {} : { steps: args.steps }),
    onEvent(event) {
      if (!legs) store.apply([event]);
      else if (legs.take(event)) interrupt();
      recorder?.add(event);
      progress.event(event);
      if (event.type === 'checkpoint' && args.save !== undefined) {
        write(join(args.save, `${event.name}-${event.step}.safetensors`), event.bytes);
      }
    },
    log: (message) => progress.print(message),
  })
    .catch((error: unknown) => {
      legs?.end();
      throw legs && abort.signal.aborted ? new LegOver(legs.summary) : error;
    })
    .finally(() => {
      progress.end();
      for (const signal of signals) process.removeListener(signal, interrupt);
    });
  if (args.files !== undefined) await writeFiles(done.runner, args.files);
  await done.runner.stop();
  const bars = await measuredBars(experiment.id, done.result);
  const report = reportOf(experiment, done, { preset: args.preset, started, store, bars, legs: legs?.legs });
  legs?.finish(report);
  print(report, args);
  if (recorder && args.record !== undefined) {
    const about = { lab: experiment.id, version: experiment.version, config: done.config, device: done.device };
    const text = writeRecording(recorder.finish(about));
    write(args.record, text);
    console.log(`written: ${args.record} (${Math.round(text.length / 1024)} KiB)`);
  }
  return report;
}

/** Of a run in legs the device and the names of given files are settings too: they must stay as they were. */
function legsOf(
  folder: string,
  definition: AnyExperiment,
  { config, device, given }: LabArguments,
  { until, checkpoint }: Pick<LegOptions, 'until' | 'checkpoint'>,
): Legs {
  return new Legs({ folder, definition, settings: { ...config, device, give: given }, until, checkpoint });
}

/** What a run found, on the terminal and as `--json`. */
function print(report: LabReport, { json }: LabArguments): void {
  const { steps, seconds, legs, environment, tables, result, bars = [] } = report;
  const { name, software } = environment.device;
  const inLegs = legs && legs.length > 1 ? `, in ${legs.length} legs,` : '';
  console.log(`${steps} steps in ${seconds.toFixed(1)} s${inLegs} on ${name}${software ? ' (no GPU)' : ''}`);
  for (const [table, rows] of Object.entries(tables)) {
    console.log(`\n${table}`);
    console.table(rows);
  }
  if (result !== undefined) console.log(JSON.stringify(result, undefined, 2));
  for (const { bar, holds, measured } of bars) console.log(`${holds ? 'holds' : 'MISSED'}: ${bar}: ${measured}`);
  if (json === undefined) return;
  write(json, `${JSON.stringify(report, undefined, 1)}\n`);
  console.log(`written: ${json}`);
}

/** The files of a lab that serves some: relative paths, folders included. */
async function writeFiles(runner: Runner, folder: string): Promise<void> {
  const files = (await runner.request('files', undefined)) as readonly { readonly path: string; readonly bytes: Uint8Array }[];
  for (const { path, bytes } of files) write(join(folder, path), bytes);
  console.log(`written: ${files.length} files in ${folder}`);
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
