import { describe, expect, it } from 'vitest';
import { allCases } from '../../../bench/cases/cases.ts';
import { roofKernelOf } from '../../../bench/roofline/controls.ts';
import { sampleResult } from './sample-result.ts';

/** 20 GFLOP/s and 4 GB/s: the ridge lies at 5 FLOP per byte. */
const { roofline } = sampleResult;

describe('the kernel of the roof that binds', () => {
  it('changes at the ridge', () => {
    expect(roofKernelOf({ flops: 4.9e9, bytes: 1e9 }, roofline)).toBe('stream');
    expect(roofKernelOf({ flops: 5.1e9, bytes: 1e9 }, roofline)).toBe('fma-vector');
  });

  it('is the faster of the two multiply-add kernels', () => {
    const scalar = { ...roofline, fmaScalar: { ...roofline.fmaScalar, best: 30e9 } };
    expect(roofKernelOf({ flops: 1, bytes: 0 }, scalar)).toBe('fma-scalar');
    expect(roofKernelOf({ flops: 1, bytes: 0 }, roofline)).toBe('fma-vector');
  });

  it('is the empty dispatch for work smaller than that', () => {
    // 11 µs a dispatch: 44 kB at 4 GB/s.
    expect(roofKernelOf({ flops: 0, bytes: 43e3, dispatches: 1 }, roofline)).toBe('empty');
    expect(roofKernelOf({ flops: 0, bytes: 45e3, dispatches: 1 }, roofline)).toBe('stream');
    expect(roofKernelOf({ flops: 0, bytes: 45e3, dispatches: 2 }, roofline)).toBe('empty');
    expect(roofKernelOf({ flops: 1e6, bytes: 45e3, dispatches: 2 }, roofline)).toBe('fma-vector');
  });

  it('fits the cases of every group', () => {
    for (const one of allCases()) {
      const kernel = roofKernelOf(one, roofline);
      if (one.group === 'kernel' || one.group === 'forward') expect(kernel).toBe('fma-vector');
      else if (one.group === 'streaming') expect(kernel).toBe('stream');
    }
  });
});
