/**
 * `npm run lab -- ID`: runs a lab without a browser and prints its result.
 *
 *     npm run lab -- regression --preset full --seed 2 --set units=20 --json result.json
 *
 *   --preset NAME    quick (default), full, or another of the lab's
 *   --seed N         the same as --set seed=N
 *   --set KEY=VALUE  any parameter, several times
 *   --device D       auto (default), webgpu, wasm, cpu
 *   --tune MODE      off (default), stored, measure or force: choose variants of kernels by measurement
 *   --checkpoint F   resume from a file
 *   --json FILE      writes result, configuration, environment, curves and tables
 *   --record FILE    writes the recording that the lab's page shows
 *   --record-every M keeps at most one picture of a name in M milliseconds (500); raise it for a smaller file
 *   --save FOLDER    writes every checkpoint
 *   --files FOLDER   writes what the run makes beside numbers, where the lab makes any: saliency's pictures, maps and overlays by class
 *   --steps N        ends after N steps
 *   --help           the lab's parameters
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { experiments } from '../labs/experiments.ts';
import type { AnyExperiment, DevicePreference, TuneMode } from '../runtime/experiment.ts';
import { runInNode } from '../runtime/node.ts';
import { nodeEnvironment } from '../runtime/node-environment.ts';
import { Recorder, writeRecording } from '../runtime/recording.ts';
import type { Runner } from '../runtime/runner.ts';
import { RunStore } from '../runtime/store.ts';
import { type LabArguments, parameterTable, parseLabArguments } from './lab-arguments.ts';
import { labProgress } from './lab-progress.ts';
import { repositoryRoot } from './root.ts';
import { missingWebGpu } from './vulkan.mjs';

/** @returns 0 on success, 1 where the run failed, 2 for wrong arguments */
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
  try {
    await run(experiment, parsed);
    return 0;
  } catch (error) {
    const { name, message } = error as Error;
    console.error(`\n${name}: ${message}`);
    if (process.env.DEBUG) console.error((error as Error).stack);
    return 1;
  }
}

async function run(experiment: AnyExperiment, args: LabArguments): Promise<void> {
  const store = new RunStore();
  const recorder = args.record === undefined ? undefined : new Recorder(args.recordEvery);
  const progress = labProgress(experiment.title);
  const started = new Date();
  const abort = new AbortController();
  const interrupt = () => abort.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  const done = await runInNode(experiment, {
    environment: nodeEnvironment(join(repositoryRoot, 'data/packs')),
    device: args.device as DevicePreference,
    tune: args.tune as TuneMode,
    preset: args.preset,
    config: args.config,
    signal: abort.signal,
    ...(args.checkpoint === undefined ? {} : { checkpoint: new Uint8Array(readFileSync(args.checkpoint)) }),
    ...(args.steps === undefined ? {} : { steps: args.steps }),
    onEvent(event) {
      store.apply([event]);
      recorder?.add(event);
      progress.event(event);
      if (event.type === 'checkpoint' && args.save !== undefined) {
        write(join(args.save, `${event.name}-${event.step}.safetensors`), event.bytes);
      }
    },
    log: (message) => progress.print(message),
  }).finally(() => {
    progress.end();
    process.removeListener('SIGINT', interrupt);
  });
  if (args.files !== undefined) await writeFiles(done.runner, args.files);
  await done.runner.stop();
  console.log(
    `${done.steps} steps in ${done.seconds.toFixed(1)} s on ${done.device.name}${done.device.software ? ' (no GPU)' : ''}`,
  );
  for (const [name, rows] of store.tables) {
    console.log(`\n${name}`);
    console.table(rows);
  }
  if (done.result !== undefined) console.log(JSON.stringify(done.result, undefined, 2));
  if (args.json !== undefined) {
    const curves = Object.fromEntries(
      [...store.charts].map(([chart, series]) => [
        chart,
        Object.fromEntries([...series].map(([name, { x, y }]) => [name, { x: x.map(round), y: y.map(round) }])),
      ]),
    );
    const report = {
      lab: experiment.id,
      version: experiment.version,
      preset: args.preset,
      config: done.config,
      started: started.toISOString(),
      seconds: done.seconds,
      steps: done.steps,
      environment: environment(done.device),
      result: done.result,
      tables: Object.fromEntries(store.tables),
      notes: store.notes,
      curves,
    };
    write(args.json, `${JSON.stringify(report, undefined, 1)}\n`);
    console.log(`written: ${args.json}`);
  }
  if (recorder && args.record !== undefined) {
    const about = { lab: experiment.id, version: experiment.version, config: done.config, device: done.device };
    const text = writeRecording(recorder.finish(about));
    write(args.record, text);
    console.log(`written: ${args.record} (${Math.round(text.length / 1024)} KiB)`);
  }
}

/** The files of a lab that serves some: relative paths, folders included. */
async function writeFiles(runner: Runner, folder: string): Promise<void> {
  const files = (await runner.request('files', undefined)) as readonly { readonly path: string; readonly bytes: Uint8Array }[];
  for (const { path, bytes } of files) write(join(folder, path), bytes);
  console.log(`written: ${files.length} files in ${folder}`);
}

/** Six digits are more than any curve shows. */
const round = (value: number): number => Number(value.toPrecision(6));

function environment(device: unknown): object {
  return {
    device,
    node: process.version,
    platform: `${platform()} ${release()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
  };
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
