/**
 * The roof of a case as a contender: the kernel that does nothing but what limits the case runs in the same interleaved rounds. A rate
 * that was measured minutes earlier says little on a machine whose neighbours come and go.
 */
import type { Runnable } from './raw-kernel.ts';
import { type AdapterKernelName, createRoofKernel, type RoofKernelName } from './roof-kernels.ts';
import type { Roofline } from './roofline.ts';

export interface Control extends Runnable {
  readonly kernel: RoofKernelName;
  /** What one execution moves (bytes), computes (FLOP) or costs (dispatches). */
  readonly amount: number;
}

/** Work of one execution. Whole networks have no count of bytes (0) and stand against the peak. */
export interface Work {
  readonly flops: number;
  readonly bytes: number;
  /** Absent: large work, in which the cost of a dispatch does not count. */
  readonly dispatches?: number;
}

export interface Controls {
  /** The kernel of the roof that binds. */
  roofOf(work: Work): RoofKernelName;
  /** @param dispatches of the empty kernel, in one submit */
  prepare(kernel: RoofKernelName, dispatches?: number): Promise<Control>;
}

/** Controls on `device`, chosen by the roofline that was measured there. */
export function controlsOf(device: GPUDevice, roofline: Roofline, software: boolean): Controls {
  return {
    roofOf: (work) => roofKernelOf(work, roofline),
    prepare: async (kernel, dispatches = 1) => {
      if (kernel === 'processor-fma' || kernel === 'processor-stream')
        throw new RangeError(`'${kernel}' is no kernel of an adapter`);
      return createRoofKernel(device, kernel, { software, dispatches });
    },
  };
}

/**
 * min(FMA peak, intensity × bandwidth): below the ridge memory, above it the faster of the two multiply-add kernels. Small work is
 * limited by what it costs to be dispatched at all.
 */
export function roofKernelOf({ flops, bytes, dispatches = 0 }: Work, roofline: Roofline): AdapterKernelName {
  const { flopsPerSecond, bytesPerSecond, fmaScalar, fmaVector, dispatch } = roofline;
  const [computing, moving] = [flops / flopsPerSecond, bytes / bytesPerSecond];
  if (dispatches * dispatch.best > Math.max(computing, moving)) return 'empty';
  if (moving > computing) return 'stream';
  return fmaVector.best > fmaScalar.best ? 'fma-vector' : 'fma-scalar';
}
