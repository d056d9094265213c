import { expect, it } from 'vitest';
import { VariantChoices } from '../../../engine/device/variants.ts';
import { CONV2D_EXAMPLE } from '../../../engine/kernels/conv2d-sizes.ts';
import { conv2dWeightGradient } from '../../../engine/kernels/conv2d-weight-gradient.ts';
import { NO_EPILOGUE } from '../../../engine/kernels/epilogue.ts';
import type { AnyKernel } from '../../../engine/kernels/kernel.ts';
import { matmul } from '../../../engine/kernels/matmul.ts';
import { unaryKernels } from '../../../engine/kernels/unary.ts';
import { CAPS } from './fake.ts';

/** SwiftShader. */
const software = new VariantChoices({ ...CAPS, software: true, subgroupMinSize: 4, subgroupMaxSize: 4 });
const gpu = new VariantChoices(CAPS);
/** WebAssembly. */
const processor = new VariantChoices({ ...CAPS, kind: 'cpu', software: true, subgroups: false });
const product = (M: number, N: number, K: number) => ({ batch: 1, M, N, K, aBatchStride: 0, bBatchStride: 0, ...NO_EPILOGUE });
const choose = (choices: VariantChoices, kernel: unknown, params: unknown) => {
  const { variant, by } = choices.choose(kernel as AnyKernel, params);
  return [variant.id, by];
};

it('the table names what the rule would not take, on software adapters alone', () => {
  expect(choose(software, matmul, product(64, 512, 512))).toEqual(['register-tile', 'rule']);
  expect(choose(gpu, matmul, product(1, 512, 512))).toEqual(['register-tile', 'rule']);
  expect(choose(gpu, matmul, product(512, 512, 512))).toEqual(['workgroup-tile', 'rule']);
  const grouped = { ...CONV2D_EXAMPLE, Ci: 32, Co: 32, groups: 4, hasBias: 0 };
  expect(choose(software, conv2dWeightGradient, grouped)).toEqual(['register-tile', 'rule']);
  const elements = (count: number) => ({ count, alpha: 1, beta: 0 });
  expect(choose(software, unaryKernels.affine, elements(512))).toEqual(['naive', 'table']);
  expect(choose(software, unaryKernels.affine, elements(513))).toEqual(['vectors', 'rule']);
  expect(choose(gpu, unaryKernels.affine, elements(1))).toEqual(['vectors', 'rule']);
  // The processor has rungs of its own.
  expect(choose(processor, matmul, product(1, 512, 512))).toEqual(['register-tile-4x2', 'rule']);
  expect(choose(processor, conv2dWeightGradient, grouped)).toEqual(['row-tile-4x2', 'rule']);
  expect(choose(processor, unaryKernels.affine, elements(512))).toEqual(['naive', 'table']);
});

it('what does not exist or does not apply is refused where it is forced and passed over where a table names it', () => {
  const choices = new VariantChoices(CAPS);
  expect(() => choices.choose(matmul as AnyKernel, product(8, 8, 8), 'magic')).toThrow("no variant 'magic'");
  expect(() => choices.choose(matmul as AnyKernel, product(8, 8, 8), 'workgroup-tile')).toThrow('does not apply');
  for (const wrong of ['magic', 'workgroup-tile']) {
    choices.table = { lookup: () => wrong };
    expect(choose(choices, matmul, product(8, 8, 8))).toEqual(['register-tile', 'rule']);
  }
});
