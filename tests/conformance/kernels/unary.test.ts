import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unaryGradientKernels, unaryKernels, unaryNames, unaryTable } from '../../../engine/kernels/unary.ts';
import { expectAgreement } from './harness.ts';

const positive = (count: number, random: () => number) => Float64Array.from({ length: count }, () => 0.05 + 3 * random());
/** Edges among ordinary values: zeros, bounds and halves. */
const edged = (count: number, random: () => number) =>
  Float64Array.from({ length: count }, (_, i) =>
    i % 5 === 0 ? (([0, 0.5, -0.5, 1, 2.5] as const)[(i / 5) % 5] as number) : 8 * random() - 4,
  );
const needsPositive = new Set(['log', 'sqrt', 'rsqrt', 'reciprocal']);
const awayFromPole = (count: number, random: () => number) => Float64Array.from({ length: count }, () => 2.4 * random() - 1.2);

function domain(name: string) {
  if (needsPositive.has(name)) return positive;
  return name === 'tan' ? awayFromPole : edged;
}

describe.each(unaryNames)('%s', (name) => {
  const counts = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1020, max: 1030 }));
  const alpha = name === 'powScalar' ? fc.constantFrom(0, 1, 2, 3, -1) : fc.constantFrom(0.5, 0.1, -0.5);

  it('agrees with its reference', async () => {
    await fc.assert(
      fc.asyncProperty(counts, alpha, fc.integer(), async (count, a, seed) => {
        const contents = { x: name === 'powScalar' && a < 0 ? positive : domain(name) };
        await expectAgreement(unaryKernels[name], { count, alpha: a, beta: 1 }, { contents, seed, rtol: 2e-6, atol: 2e-7 });
      }),
      { numRuns: 6 },
    );
  });

  const gradient = unaryGradientKernels[name];
  // floor, ceil, round and sign have none.
  if (!gradient) return;
  it('has a gradient that agrees with its reference', async () => {
    await fc.assert(
      fc.asyncProperty(counts, alpha, fc.integer(), async (count, a, seed) => {
        const saved = unaryTable[name].saves === 'y' || (name === 'powScalar' && a < 1 && a !== 0) ? positive : domain(name);
        const params = { count, alpha: a, beta: 1 };
        await expectAgreement(gradient, params, {
          contents: { saved },
          seed,
          rtol: 3e-6,
          atol: 1e-6,
        });
      }),
      { numRuns: 6 },
    );
  });
});

describe('powScalar', () => {
  it('is right for negative bases, zero and large exponents', async () => {
    const bases = [-3, -1.5, -1, 0, 0, 1, 1.5, 3, 2, -2];
    for (const alpha of [0, 1, 2, 9, 11, 12, 0.5, 2.5]) {
      const contents = { x: () => bases.map((b) => (Number.isInteger(alpha) ? b : Math.abs(b))) };
      await expectAgreement(unaryKernels.powScalar, { count: bases.length, alpha, beta: 0 }, { contents, rtol: 2e-5 });
    }
  });
});

describe('edges that adapters get wrong', () => {
  it('log gives -infinity at 0 and NaN below; tanh keeps NaN and saturates', async () => {
    const x = () => [0, -0, -1, Number.NaN, -1e30, Number.POSITIVE_INFINITY];
    const log = await expectAgreement(unaryKernels.log, { count: 6, alpha: 0, beta: 0 }, { contents: { x } });
    expect([...log.y]).toEqual([-Infinity, -Infinity, Number.NaN, Number.NaN, Number.NaN, Infinity]);
    const values = () => [Number.NaN, 1e30, -1e30, 50, -50];
    await expectAgreement(unaryKernels.tanh, { count: 5, alpha: 0, beta: 0 }, { contents: { x: values } });
  });
});
