/** The step of a network kernel by kernel, as rows of a table: the same in both reports. */
import type { BenchResult, CaseResult, ControlResult, ProfiledKernel, StepProfile } from '../measure/result.ts';
import type { RoofKernelName } from '../roofline/roof-kernels.ts';
import { formatBytes, formatFlops, formatPercent, formatSeconds } from './format.ts';
import { amountOf } from './view.ts';

export interface ProfileTable {
  readonly title: string;
  readonly note: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const HEADER = ['kernel', 'variant', 'shape', 'calls', 'a call', 'a step', 'of all', 'rate', 'roof', 'of the roof'];

/** A table for each network, the costliest kernels first, the sum of all and the whole step last. */
export function profileTables(result: BenchResult): ProfileTable[] {
  return result.cases.flatMap((one) => (one.profile ? [profileTable(one, one.profile)] : []));
}

function profileTable({ name }: CaseResult, { kernels, step, rounds, controls }: StepProfile): ProfileTable {
  const total = kernels.reduce((sum, one) => sum + perStep(one), 0);
  const calls = kernels.reduce((sum, one) => sum + one.calls, 0);
  const sorted = [...kernels].sort((a, b) => perStep(b) - perStep(a));
  return {
    title: `${name}, kernel by kernel`,
    note: `Each kernel alone, with the parameters it has in the step; medians of ${rounds} rounds in which the whole step and the roofs took turns with the kernels.`,
    header: HEADER,
    rows: [
      ...sorted.map((one) => kernelRow(one, total, controls)),
      ['all kernels', '', '', String(calls), '', formatSeconds(total), '100 %', '', '', ''],
      [
        'the whole step',
        '',
        '',
        '',
        '',
        formatSeconds(step.seconds.median),
        formatPercent(step.seconds.median / total),
        '',
        '',
        '',
      ],
    ],
  };
}

/** Seconds that all calls of a kernel take in one step. */
function perStep({ calls, seconds }: ProfiledKernel): number {
  return calls * seconds.median;
}

function kernelRow(one: ProfiledKernel, total: number, controls: readonly ControlResult[]): string[] {
  const { kernel, variant, shape, calls, roof, seconds } = one;
  const share = shareOfRoof(one, controls);
  return [
    ...[kernel, variant, shape, String(calls), formatSeconds(seconds.median), formatSeconds(perStep(one))],
    formatPercent(perStep(one) / total),
    rateOf(one),
    ...(roof === undefined || share === undefined ? ['–', '–'] : [ROOFS[roof], formatPercent(share)]),
  ];
}

const ROOFS: Readonly<Record<RoofKernelName, string>> = {
  stream: 'memory',
  'fma-scalar': 'multiply-adds',
  'fma-vector': 'multiply-adds',
  empty: 'dispatch',
  'processor-stream': 'memory',
  'processor-fma': 'multiply-adds',
};

/** Where the cost of the dispatch limits, there is no rate to speak of. */
function rateOf({ flops, bytes, roof, seconds }: ProfiledKernel): string {
  if (roof === 'empty') return '–';
  return flops === undefined ? formatBytes(bytes / seconds.median) : formatFlops(flops / seconds.median);
}

/** Time that the roof allows over the measured time, both medians of the same rounds. */
function shareOfRoof(one: ProfiledKernel, controls: readonly ControlResult[]): number | undefined {
  const control = controls.find(({ kernel }) => kernel === one.roof);
  if (!control) return undefined;
  const { flops = 0, bytes, dispatches, seconds } = one;
  const amount = amountOf(control.kernel, { flops, bytes, dispatches }) ?? 0;
  return ((amount / control.amount) * control.seconds.median) / seconds.median;
}
