/** The engine's part of the benchmark in Node, on Dawn. The peers need a browser. */
import { cpus } from 'node:os';
import { openAdapter } from '../../engine/device/webgpu/adapter.ts';
import type { BenchCase } from '../cases/case.ts';
import { describeAdapter } from '../libraries/adapters.ts';
import { chalkgrad } from '../libraries/chalkgrad.ts';
import { firstStep } from '../measure/first-step.ts';
import { type BenchResult, type CaseResult, type FirstStep, FORMAT } from '../measure/result.ts';
import { type SentMeasureOptions, Session } from '../measure/session.ts';
import { controlsOf } from '../roofline/controls.ts';
import { measureRoofline } from '../roofline/roofline.ts';
import { commit, idleShare, machine } from './environment.ts';

export interface NodeRun {
  readonly cases: readonly BenchCase[];
  readonly measure: SentMeasureOptions;
  readonly partial: boolean;
  /** The case whose first step is measured before all others, if any. */
  readonly firstStepOf: BenchCase | undefined;
  /** Measure variants of kernels before each case. */
  readonly tune: boolean;
  readonly log: (line: string) => void;
}

export async function runInNode(run: NodeRun): Promise<BenchResult> {
  const { log } = run;
  // Before anything else in this process, so that no pipeline is in a cache yet.
  const firstSteps: FirstStep[] = run.firstStepOf ? [await firstStep(chalkgrad, 'webgpu', run.firstStepOf)] : [];
  log('roofline …');
  const opened = await openAdapter();
  const adapter = describeAdapter(opened.device.adapterInfo);
  const roofline = await measureRoofline(opened.device, { batches: run.measure.batches, software: adapter.software });
  const controls = controlsOf(opened.device, roofline, adapter.software);
  const session = new Session();
  const runtime = await session.open(chalkgrad, 'webgpu', adapter, { tune: run.tune });
  log(`${runtime.id}: ${runtime.error ?? runtime.adapter?.description}`);
  const cases: CaseResult[] = [];
  for (const one of run.cases) {
    if (adapter.software && one.hardwareOnly) continue;
    log(one.name);
    const result = await session.measure(one, { ...run.measure, controls, idle: idleShare, log });
    if (result.contenders.length > 0) cases.push(result);
  }
  opened.device.destroy();
  return {
    format: FORMAT,
    date: new Date().toISOString(),
    commit: commit(),
    partial: run.partial,
    ...(run.tune ? { tuned: true } : {}),
    batches: run.measure.batches,
    ...(run.measure.caseSeconds === undefined ? {} : { caseSeconds: run.measure.caseSeconds }),
    environment: {
      ...machine(),
      where: 'node',
      browser: `Node ${process.version}`,
      userAgent: '',
      crossOriginIsolated: true,
      processors: cpus().length,
      hidden: false,
      flags: process.execArgv,
    },
    adapter,
    roofline,
    runtimes: [runtime],
    cases,
    firstSteps,
  };
}
