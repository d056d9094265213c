import fc from 'fast-check';
import { describe, it } from 'vitest';
import { ACTIVATION } from '../../../engine/kernels/epilogue.ts';
import { matmul } from '../../../engine/kernels/matmul.ts';
import { matmulNT, matmulTN } from '../../../engine/kernels/matmul-transposed.ts';
import { expectAgreement } from './harness.ts';

/** 1, primes, and the edges of the tiles of 4, 8, 16 and 64. */
const extent = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 23, 31, 32, 33, 64, 65);
const products = fc
  .record({ batch: fc.constantFrom(1, 1, 2, 3), M: extent, N: extent, K: extent, aShared: fc.boolean(), bShared: fc.boolean() })
  .map(({ aShared, bShared, ...p }) => ({ ...p, aBatchStride: aShared ? 0 : p.M * p.K, bBatchStride: bShared ? 0 : p.K * p.N }));
const epilogues = fc.constantFrom(
  { hasBias: 0, activation: ACTIVATION.none, slope: 0 },
  { hasBias: 1, activation: ACTIVATION.none, slope: 0 },
  { hasBias: 0, activation: ACTIVATION.relu, slope: 0 },
  { hasBias: 1, activation: ACTIVATION.leakyRelu, slope: 0.25 },
);
const tolerance = { rtol: 2e-5, atol: 2e-5 };

describe('matmul', () => {
  it('agrees with its reference at every shape and with every epilogue', async () => {
    await fc.assert(
      fc.asyncProperty(products, epilogues, fc.integer(), async (sizes, epilogue, seed) => {
        await expectAgreement(matmul, { ...sizes, ...epilogue }, { ...tolerance, seed });
      }),
      { numRuns: 30 },
    );
  });

  it('agrees where steps of a power of two are packed first', async () => {
    for (const [batch, M, N, K] of [
      [1, 65, 256, 81],
      [1, 256, 256, 80],
      [2, 256, 512, 67],
      [1, 1030, 8, 600],
    ] as const) {
      const sizes = { batch, M, N, K, aBatchStride: M * K, bBatchStride: batch === 1 ? 0 : K * N };
      const epilogue = { hasBias: 1, activation: ACTIVATION.leakyRelu, slope: 0.25 };
      await expectAgreement(matmul, { ...sizes, ...epilogue }, { rtol: 1e-4, atol: 1e-4 });
    }
  });

  it('splits long sums of small products and adds the parts', async () => {
    for (const [M, N, K] of [
      [3, 10, 701],
      [16, 16, 2048],
      [33, 5, 1153],
    ] as const) {
      const sizes = { batch: 1, M, N, K, aBatchStride: 0, bBatchStride: 0 };
      await expectAgreement(matmul, { ...sizes, hasBias: 1, activation: ACTIVATION.relu, slope: 0 }, { rtol: 1e-4, atol: 1e-4 });
    }
  });
});

it('agrees where workgroup tiles apply: around their edges, in batches, and split', async () => {
  for (const [batch, M, N, K, shared] of [
    [1, 32, 32, 1, false],
    [1, 33, 67, 17, false],
    [2, 64, 64, 16, true],
    [3, 65, 63, 31, false],
    [2, 127, 33, 20, true],
    [1, 40, 129, 1153, false],
  ] as const) {
    const sizes = { batch, M, N, K, aBatchStride: M * K, bBatchStride: shared ? 0 : K * N };
    const options = { rtol: 1e-4, atol: 1e-4, variants: ['workgroup-tile'] };
    await expectAgreement(matmul, { ...sizes, hasBias: 1, activation: ACTIVATION.relu, slope: 0 }, options);
    await expectAgreement(matmulNT, sizes, options);
    await expectAgreement(matmulTN, sizes, options);
  }
});

it('folds grids that exceed one axis', async () => {
  const sizes = { batch: 1, M: 300, N: 60, K: 24, aBatchStride: 0, bBatchStride: 0 };
  const options = { ...tolerance, folded: true };
  await expectAgreement(matmul, { ...sizes, hasBias: 1, activation: ACTIVATION.none, slope: 0 }, options);
  await expectAgreement(matmulNT, sizes, options);
  await expectAgreement(matmulTN, sizes, options);
});

describe.each([
  ['matmulNT', matmulNT],
  ['matmulTN', matmulTN],
] as const)('%s', (_, kernel) => {
  it('agrees with its reference at every shape', async () => {
    await fc.assert(
      fc.asyncProperty(products, fc.integer(), async (sizes, seed) => {
        await expectAgreement(kernel, sizes, { ...tolerance, seed });
      }),
      { numRuns: 30 },
    );
  });

  it('agrees where steps of a power of two are packed first', async () => {
    for (const [batch, M, N, K] of [
      [1, 65, 256, 81],
      [1, 256, 256, 80],
      [2, 256, 512, 67],
      [1, 1030, 8, 600],
    ] as const) {
      const sizes = { batch, M, N, K, aBatchStride: M * K, bBatchStride: batch === 1 ? 0 : K * N };
      await expectAgreement(kernel, sizes, { rtol: 1e-4, atol: 1e-4 });
    }
  });

  it('splits long sums of small products and adds the parts', async () => {
    for (const [M, N, K] of [
      [3, 10, 701],
      [16, 17, 2048],
    ] as const) {
      await expectAgreement(kernel, { batch: 1, M, N, K, aBatchStride: 0, bBatchStride: 0 }, { rtol: 1e-4, atol: 1e-4 });
    }
  });
});
