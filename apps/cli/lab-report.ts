/** What `npm run lab` writes of a run with `--json`. */
import { cpus, platform, release, totalmem } from 'node:os';
import type { Bar } from '../labs/bars.ts';
import type { AnyExperiment, DeviceInfo } from '../runtime/experiment.ts';
import type { NodeRun } from '../runtime/node.ts';
import type { RunStore } from '../runtime/store.ts';

export type LabReport = ReturnType<typeof reportOf>;

/** One leg of a run: when it began, how long it took and how far the run then was. */
export interface Leg {
  readonly started: string;
  readonly seconds: number;
  readonly step: number;
}

export const secondsOf = (legs: readonly Leg[]): number => legs.reduce((sum, { seconds }) => sum + seconds, 0);

/** What a report has beside what the run returned. */
export interface ReportOf {
  readonly preset: string;
  readonly started: Date;
  readonly store: RunStore;
  readonly bars: readonly Bar[];
  /** Of a run in legs: all of them. */
  readonly legs?: readonly Leg[] | undefined;
}

/** Result, configuration, environment, curves and tables. */
export function reportOf(experiment: AnyExperiment, done: NodeRun<unknown>, { preset, started, store, bars, legs }: ReportOf) {
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
    started: legs?.[0]?.started ?? started.toISOString(),
    seconds: legs ? secondsOf(legs) : done.seconds,
    steps: Math.max(done.steps, legs?.at(-1)?.step ?? 0),
    ...(legs ? { legs } : {}),
    environment: environment(done.device),
    result: done.result,
    ...(bars.length > 0 ? { bars } : {}),
    tables: Object.fromEntries(store.tables),
    notes: store.notes,
    curves,
  };
}

/** Six digits are more than any curve shows. */
const round = (value: number): number => Number(value.toPrecision(6));

function environment(device: DeviceInfo) {
  return {
    device,
    node: process.version,
    platform: `${platform()} ${release()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
  };
}
