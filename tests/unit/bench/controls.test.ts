import { describe, expect, it } from 'vitest';
import { allCases } from '../../../bench/cases/cases.ts';
import { roofKernelOf } from '../../../bench/roofline/controls.ts';
import { sampleResult } from './sample-result.ts';

/** 20 GFLOP/s and 4 GB/s: the ridge lies at 5 FLOP per byte. */
const { roofline } = sampleResult;

describe('the kernel of the roof that binds', () => {
  it('changes at the ridge', () => {
    expect(roofKernelOf({ group: 'kernel', flops: 4.9e9, bytes: 1e9 }, roofline)).toBe('stream');
    expect(roofKernelOf({ group: 'kernel', flops: 5.1e9, bytes: 1e9 }, roofline)).toBe('fma-vector');
  });

  it('is the faster of the two multiply-add kernels', () => {
    const scalar = { ...roofline, fmaScalar: { ...roofline.fmaScalar, best: 30e9 } };
    expect(roofKernelOf({ group: 'forward', flops: 1, bytes: 0 }, scalar)).toBe('fma-scalar');
    expect(roofKernelOf({ group: 'forward', flops: 1, bytes: 0 }, roofline)).toBe('fma-vector');
  });

  it('fits the cases of every group', () => {
    for (const one of allCases()) {
      const kernel = roofKernelOf(one, roofline);
      if (one.group === 'overhead') expect(kernel).toBe('empty');
      else if (one.group === 'kernel' || one.group === 'forward') expect(kernel).toBe('fma-vector');
      else if (one.group === 'streaming') expect(kernel).toBe('stream');
    }
  });
});
