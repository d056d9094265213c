/** The benchmark in Node, without a browser: the engine on Dawn where there is an adapter and in WebAssembly, and PyTorch beside it. */
import { cpus } from 'node:os';
import { openAdapter } from '../../engine/device/webgpu/adapter.ts';
import type { AdapterDescription, BenchCase, Library } from '../cases/case.ts';
import { CPU_ADAPTER, describeAdapter } from '../libraries/adapters.ts';
import { chalkgrad } from '../libraries/chalkgrad.ts';
import { pytorch } from '../libraries/pytorch.ts';
import { firstStep } from '../measure/first-step.ts';
import { type BenchResult, type CaseResult, type FirstStep, FORMAT, type RuntimeResult } from '../measure/result.ts';
import { messageOf } from '../measure/runner.ts';
import { type SentMeasureOptions, Session } from '../measure/session.ts';
import { type Controls, controlsOf } from '../roofline/controls.ts';
import { measureProcessor } from '../roofline/processor-controls.ts';
import { measureRoofline, type Roofline } from '../roofline/roofline.ts';
import { commit, idleShare, machine } from './environment.ts';

const LIBRARIES: readonly Library[] = [chalkgrad, pytorch];

/** Every `library backend` that can run in Node, the engine first. */
export const NODE_CONTENDERS: readonly string[] = LIBRARIES.flatMap(({ name, backends }) =>
  backends.map((backend) => `${name} ${backend}`),
);

export interface NodeRun {
  readonly contenders: readonly string[];
  readonly cases: readonly BenchCase[];
  readonly measure: SentMeasureOptions;
  readonly partial: boolean;
  /** The case whose first step is measured before all others, if any. */
  readonly firstStepOf: BenchCase | undefined;
  /** No case starts later than this many minutes after the beginning. */
  readonly minutes: number;
  /** Measure variants of kernels before each case. */
  readonly tune: boolean;
  readonly log: (line: string) => void;
}

export async function runInNode(run: NodeRun): Promise<BenchResult> {
  const { log } = run;
  // Before anything else in this process, so that nothing that was compiled is in a cache yet.
  const firstSteps = await measureFirstSteps(run);
  log('roofline …');
  const processor = await measureProcessor(run.measure.batches);
  const gpu = run.contenders.includes('chalkgrad webgpu') ? await measureAdapter(run) : undefined;
  const adapter = gpu?.adapter ?? CPU_ADAPTER;
  const session = new Session();
  const runtimes: RuntimeResult[] = [];
  for (const { library, backend } of contendersOf(run)) {
    if (backend === 'webgpu' && !gpu) continue;
    const runtime = await session.open(library, backend, adapter, { tune: run.tune });
    log(`${runtime.id}: ${runtime.error ?? `${runtime.version}, ${runtime.adapter?.description}`}`);
    runtimes.push(runtime);
  }
  const controls = { ...(gpu ? { controls: gpu.controls } : {}), processorControls: processor.controls };
  const software = adapter.software || !gpu;
  const { cases, interrupted } = await measureCases(run, software, (one) =>
    session.measure(one, { ...run.measure, ...controls, idle: idleShare, log }),
  ).finally(() => {
    gpu?.close();
    processor.close();
    session.close();
  });
  return {
    format: FORMAT,
    date: new Date().toISOString(),
    commit: commit(),
    partial: run.partial || interrupted !== undefined,
    ...(interrupted === undefined ? {} : { interrupted }),
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
    ...(gpu ? { roofline: gpu.roofline } : {}),
    processor: processor.roofline,
    runtimes,
    cases,
    firstSteps,
  };
}

async function measureCases(
  run: NodeRun,
  software: boolean,
  measure: (one: BenchCase) => Promise<CaseResult>,
): Promise<{ cases: CaseResult[]; interrupted?: string }> {
  const cases: CaseResult[] = [];
  const end = performance.now() + run.minutes * 60_000;
  for (const one of run.cases) {
    if (software && one.hardwareOnly) continue;
    if (performance.now() > end) return { cases, interrupted: `its ${run.minutes} minutes ended before “${one.name}”` };
    run.log(one.name);
    const result = await measure(one);
    if (result.contenders.length > 0) cases.push(result);
  }
  return { cases };
}

function contendersOf({ contenders }: NodeRun): { library: Library; backend: string }[] {
  return LIBRARIES.flatMap((library) =>
    library.backends
      .filter((backend) => contenders.includes(`${library.name} ${backend}`))
      .map((backend) => ({ library, backend })),
  );
}

/** Of the engine: a compiled module is shared by a process, but those of one thread and of several are different. */
async function measureFirstSteps(run: NodeRun): Promise<FirstStep[]> {
  const steps: FirstStep[] = [];
  if (!run.firstStepOf) return steps;
  for (const { library, backend } of contendersOf(run)) {
    if (library !== chalkgrad) continue;
    const step = await firstStep(library, backend, run.firstStepOf);
    run.log(`first step, ${step.id}: ${step.stepSeconds === undefined ? step.error : `${step.stepSeconds.toFixed(2)} s`}`);
    steps.push(step);
  }
  return steps;
}

interface MeasuredAdapter {
  readonly adapter: AdapterDescription;
  readonly roofline: Roofline;
  readonly controls: Controls;
  close(): void;
}

/** Undefined, with a line that says why, where there is no adapter. */
async function measureAdapter({ measure, log }: NodeRun): Promise<MeasuredAdapter | undefined> {
  try {
    const { device } = await openAdapter();
    const adapter = describeAdapter(device.adapterInfo);
    const roofline = await measureRoofline(device, { batches: measure.batches, software: adapter.software });
    return { adapter, roofline, controls: controlsOf(device, roofline, adapter.software), close: () => device.destroy() };
  } catch (error) {
    log(`no WebGPU here: ${messageOf(error)}`);
    return undefined;
  }
}
