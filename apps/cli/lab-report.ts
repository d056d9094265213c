/** What `npm run lab` writes of a run with `--json`. */
import { cpus, platform, release, totalmem } from 'node:os';
import type { AnyExperiment } from '../runtime/experiment.ts';
import type { NodeRun } from '../runtime/node.ts';
import type { RunStore } from '../runtime/store.ts';

export type LabReport = ReturnType<typeof reportOf>;

/** Result, configuration, environment, curves and tables. */
export function reportOf(experiment: AnyExperiment, preset: string, done: NodeRun<unknown>, store: RunStore, started: Date) {
  const curves = Object.fromEntries(
    [...store.charts].map(([chart, series]) => [
      chart,
      Object.fromEntries([...series].map(([name, { x, y }]) => [name, { x: x.map(round), y: y.map(round) }])),
    ]),
  );
  return {
    lab: experiment.id,
    version: experiment.version,
    preset,
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
