/**
 * The roof of a case as a contender: the kernel that does nothing but what limits the case runs in the same interleaved rounds. A rate
 * that was measured minutes earlier says little on a machine whose neighbours come and go.
 */
import type { BenchCase } from '../cases/case.ts';
import type { Runnable } from './raw-kernel.ts';
import { createRoofKernel, type RoofKernelName } from './roof-kernels.ts';
import type { Roofline } from './roofline.ts';

export interface Control extends Runnable {
  readonly kernel: RoofKernelName;
  /** What one execution moves (bytes), computes (FLOP) or costs (dispatches). */
  readonly amount: number;
}

export type PrepareControl = (benchCase: BenchCase) => Promise<Control>;

/** Controls on `device`, chosen by the roofline that was measured there. */
export function controlsOf(device: GPUDevice, roofline: Roofline, software: boolean): PrepareControl {
  return (benchCase) => {
    const { workload } = benchCase;
    const dispatches = workload.type === 'replay' ? workload.dispatches : 1;
    return createRoofKernel(device, roofKernelOf(benchCase, roofline), { software, dispatches });
  };
}

/**
 * The kernel of the roof that binds. min(FMA peak, intensity × bandwidth): below the ridge memory, above it the faster of the two
 * multiply-add kernels. Whole networks have no count of bytes and stand against the peak.
 */
export function roofKernelOf(
  { group, flops, bytes }: Pick<BenchCase, 'group' | 'flops' | 'bytes'>,
  { flopsPerSecond, bytesPerSecond, fmaScalar, fmaVector }: Roofline,
): RoofKernelName {
  if (group === 'overhead') return 'empty';
  if (bytes / bytesPerSecond > flops / flopsPerSecond) return 'stream';
  return fmaVector.best > fmaScalar.best ? 'fma-vector' : 'fma-scalar';
}
