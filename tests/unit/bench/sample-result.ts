/** A small result with known numbers, for the tests of the reports. */

import type { BenchResult, CaseResult, ContenderResult, ControlResult } from '../../../bench/measure/result.ts';
import { summarize } from '../../../bench/measure/statistics.ts';
import type { Roofline } from '../../../bench/roofline/roofline.ts';

const measured = { seconds: summarize([0.01]), best: 1 };

export function timed(id: string, milliseconds: readonly number[]): ContenderResult {
  const samples = milliseconds.map((value) => value / 1000);
  return { id, status: 'ok', executions: 1, samples, seconds: summarize(samples), error: 1e-7 };
}

/** The sample's roof: `amount` bytes, FLOP or dispatches in each of the times. */
export function control(kernel: ControlResult['kernel'], amount: number, milliseconds: readonly number[]): ControlResult {
  const { samples = [], seconds = measured.seconds } = timed('', milliseconds);
  return { kernel, amount, executions: 1, samples, seconds };
}

export const trainingCase: CaseResult = {
  name: 'ConvNet training step',
  group: 'training-step',
  shape: 'batch 64',
  flops: 4e8,
  bytes: 0,
  reference: 'stored losses',
  idle: 0.99,
  contenders: [
    timed('chalkgrad webgpu', [100, 110, 90]),
    timed('jax-js webgpu', [600, 610, 590]),
    timed('jax-js wasm', [400]),
    { id: 'tfjs wasm', status: 'unsupported', message: 'no gradient' },
    { id: 'tfjs webgpu', status: 'disagrees', message: 'element 0: 1, expected 2', error: 0.5 },
  ],
};

export const streamingCase: CaseResult = {
  ...trainingCase,
  name: 'add',
  group: 'streaming',
  shape: '8.4 M elements',
  flops: 1e6,
  bytes: 1e8,
  contenders: [timed('chalkgrad webgpu', [50, 50, 50]), timed('jax-js webgpu', [100, 100, 100])],
};

export const ladderCase: CaseResult = {
  ...trainingCase,
  name: 'ladder: matmul 512',
  group: 'ladder',
  bytes: 3e6,
  contenders: [timed('chalkgrad webgpu · naive', [400]), timed('chalkgrad webgpu · register-tile', [100])],
};

export const overheadCase: CaseResult = {
  ...trainingCase,
  name: '200 replayed dispatches',
  group: 'overhead',
  bytes: 1e6,
  contenders: [{ ...timed('chalkgrad webgpu', [3, 3, 3]), dispatches: 200 }],
};

/** As results were before there were controls: every share is by the roofline. */
export const sampleResult: BenchResult & { readonly roofline: Roofline } = {
  format: 1,
  date: '2026-11-22T10:00:00.000Z',
  commit: 'abc1234',
  partial: false,
  batches: 3,
  environment: {
    where: 'browser',
    browser: 'Chrome/156.0',
    platform: 'linux',
    processor: '2 × CPU',
    memoryGiB: 8,
    flags: [],
    userAgent: 'test',
    crossOriginIsolated: true,
    processors: 2,
    hidden: false,
  },
  adapter: { api: 'webgpu', vendor: 'acme', architecture: 'gpu-1', description: 'Acme GPU', software: false },
  roofline: {
    fmaScalar: { ...measured, best: 10e9 },
    fmaVector: { ...measured, best: 20e9 },
    stream: { ...measured, best: 4e9 },
    copy: { ...measured, best: 8e9 },
    dispatch: { ...measured, best: 11e-6 },
    submit: { ...measured, best: 40e-6 },
    flopsPerSecond: 20e9,
    bytesPerSecond: 4e9,
  },
  runtimes: [
    { id: 'chalkgrad webgpu', version: '0.1.0' },
    { id: 'jax-js webgpu', version: '0.1.25' },
  ],
  cases: [trainingCase, streamingCase, overheadCase, ladderCase],
  firstSteps: [
    { id: 'chalkgrad webgpu', network: 'ConvNet training step', openSeconds: 0.1, stepSeconds: 1.5 },
    { id: 'tfjs wasm', network: 'ConvNet training step', error: 'no gradient' },
  ],
};

/** A machine at half its speed while the cases ran: 10 GFLOP/s, 2 GB/s and 10 µs a dispatch beside them. */
export const controlledResult: BenchResult = {
  ...sampleResult,
  cases: [
    { ...trainingCase, control: control('fma-vector', 1e8, [10, 10, 10]) },
    { ...streamingCase, control: control('stream', 2e8, [90, 100, 110]) },
    { ...overheadCase, control: control('empty', 200, [2, 2, 2]) },
    { ...ladderCase, control: control('fma-vector', 1e8, [10, 10, 10]) },
  ],
};

const processorAdapter = { api: 'cpu', vendor: '', architecture: '', description: 'CPU', software: false } as const;

/** As results are: beside the adapter the processor, with one thread (8 GFLOP/s beside the case) and with two (20 GFLOP/s). */
export const processorResult: BenchResult = {
  ...controlledResult,
  processor: {
    threads: 2,
    one: { flopsPerSecond: 10e9, bytesPerSecond: 5e9 },
    all: { flopsPerSecond: 20e9, bytesPerSecond: 6e9 },
  },
  runtimes: [
    ...sampleResult.runtimes,
    { id: 'chalkgrad wasm', version: '0.1.0', adapter: { ...processorAdapter, threads: 1 } },
    { id: 'chalkgrad wasm-threads', version: '0.1.0', adapter: { ...processorAdapter, threads: 2 } },
    { id: 'jax-js wasm', version: '0.1.25', adapter: { ...processorAdapter, threads: 2 } },
    { id: 'tfjs cpu', version: '4.22.0', adapter: { ...processorAdapter, threads: 1 } },
  ],
  cases: [
    {
      ...trainingCase,
      contenders: [
        timed('chalkgrad webgpu', [100, 110, 90]),
        timed('chalkgrad wasm', [80, 84, 76]),
        timed('chalkgrad wasm-threads', [40, 40, 40]),
        timed('jax-js webgpu', [600, 610, 590]),
        timed('jax-js wasm', [400]),
        timed('tfjs cpu', [2000]),
      ],
      control: control('fma-vector', 1e8, [10, 10, 10]),
      processorControls: {
        one: control('processor-fma', 8e7, [10, 10, 10]),
        all: control('processor-fma', 2e8, [10, 10, 10]),
      },
      seed: 1,
    },
    {
      ...ladderCase,
      contenders: [
        ...ladderCase.contenders,
        timed('chalkgrad wasm · naive', [90]),
        timed('chalkgrad wasm · register-tile', [30]),
      ],
    },
  ],
};
