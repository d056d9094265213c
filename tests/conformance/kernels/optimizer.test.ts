import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countNonFinite } from '../../../engine/kernels/finite.ts';
import { type AdamNumbers, adam, adamHyper, clipByNorm, sgd, sgdHyper, sgdMomentum } from '../../../engine/kernels/optimizer.ts';
import { expectAgreement } from './harness.ts';

const counts = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1000, max: 5000 }));
const steps = fc.integer({ min: 1, max: 200 });
const positive = (count: number, random: () => number) => Float64Array.from({ length: count }, () => random());

describe('optimisers', () => {
  it('sgd with and without momentum agree with the references', async () => {
    const numbers = fc.record({
      lr: fc.double({ min: 1e-4, max: 1, noNaN: true }),
      momentum: fc.constantFrom(0, 0.5, 0.9),
      dampening: fc.constantFrom(0, 0.1),
      nesterov: fc.boolean(),
      weightDecay: fc.constantFrom(0, 1e-3, 0.1),
    });
    await fc.assert(
      fc.asyncProperty(counts, numbers, steps, async (count, n, step) => {
        const contents = { hyper: () => sgdHyper(n, step % 3) };
        await expectAgreement(sgd, { count }, { contents });
        await expectAgreement(sgdMomentum, { count }, { contents });
      }),
      { numRuns: 15 },
    );
  });

  it('adam agrees for whole workgroups, with a rest behind them and without', async () => {
    const hyper = () => adamHyper({ lr: 1e-2, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 }, 3);
    for (const count of [1023, 1024, 1025, 16384, 16387, 131101])
      await expectAgreement(adam, { count }, { contents: { hyper, v: positive } });
  });

  it('adam agrees with the reference in all its forms', async () => {
    const numbers = fc.record({
      lr: fc.constantFrom(1e-3, 1e-2),
      betas: fc.constantFrom<[number, number]>([0.9, 0.999], [0.5, 0.9]),
      eps: fc.constantFrom(1e-8, 1e-7),
      weightDecay: fc.constantFrom(0, 0.01, 0.1),
      decoupled: fc.boolean(),
      epsilonForm: fc.constantFrom('pytorch' as const, 'keras' as const),
    });
    await fc.assert(
      fc.asyncProperty(counts, numbers, steps, async (count, n, step) => {
        await expectAgreement(adam, { count }, { contents: { hyper: () => adamHyper(n, step), v: positive } });
      }),
      { numRuns: 15 },
    );
  });

  it('follow the published formulas over several steps', () => {
    const base: AdamNumbers = { lr: 0.01, betas: [0.9, 0.999], eps: 1e-3, weightDecay: 0.1 };
    for (const [decoupled, epsilonForm] of [
      [false, 'pytorch'],
      [true, 'pytorch'],
      [false, 'keras'],
    ] as const) {
      const arrays = { p: Float32Array.of(0.7), m: Float32Array.of(0), v: Float32Array.of(0) };
      let [theta, m, v] = [0.7, 0, 0];
      for (let t = 1; t <= 20; t++) {
        const g = Math.sin(3 * t);
        adam.reference({ hyper: adamHyper({ ...base, decoupled, epsilonForm }, t), g: Float32Array.of(g) }, arrays, { count: 1 });
        if (decoupled) theta -= 0.01 * 0.1 * theta;
        const coupled = decoupled ? g : g + 0.1 * theta;
        m = 0.9 * m + 0.1 * coupled;
        v = 0.999 * v + 0.001 * coupled ** 2;
        const [c1, c2] = [1 - 0.9 ** t, 1 - 0.999 ** t];
        if (epsilonForm === 'pytorch') theta -= (0.01 * (m / c1)) / (Math.sqrt(v / c2) + 1e-3);
        else theta -= (((0.01 * Math.sqrt(c2)) / c1) * m) / (Math.sqrt(v) + 1e-3);
      }
      expect(arrays.p[0]).toBeCloseTo(theta, 5);
    }
  });

  it('moments below the smallest normal number become 0, on every device alike', async () => {
    const tiny = (value: number) => (count: number) => Float64Array.from({ length: count }, (_, i) => value * (i % 3));
    const hyper = () => adamHyper({ lr: 1e-2, betas: [0.9, 0.999], eps: 1e-8 }, 3);
    for (const count of [5, 1030]) {
      const contents = { hyper, g: tiny(1e-30), m: tiny(1.2e-38), v: tiny(1.17e-38) };
      const { m, v } = await expectAgreement(adam, { count }, { contents: { ...contents, g: tiny(0) }, rtol: 1e-5, atol: 0 });
      // 0.9 · 1.2e-38 is subnormal, 0.9 · 2.4e-38 is not; 0.999 · 1.17e-38 is, twice that is not.
      expect([m[1], v[1]]).toEqual([0, 0]);
      expect(m[2]).toBeCloseTo(2.16e-38, 43);
      expect(v[2]).toBeGreaterThan(2e-38);
      const b = tiny(1.2e-38);
      const momentum = () => sgdHyper({ lr: 0.1, momentum: 0.9 }, 2);
      const sgd = await expectAgreement(
        sgdMomentum,
        { count },
        { contents: { hyper: momentum, g: tiny(0), b }, rtol: 1e-5, atol: 0 },
      );
      expect(sgd.b[1]).toBe(0);
      expect(sgd.b[2]).toBeGreaterThan(2e-38);
    }
  });

  it('clip by the norm', async () => {
    for (const [squares, maxNorm] of [
      [100, 1],
      [0.25, 1],
      [0, 1],
    ] as const) {
      await expectAgreement(clipByNorm, { count: 13, maxNorm }, { contents: { squares: () => [squares] } });
    }
  });
});

describe('counters', () => {
  it('find non-finite numbers wherever they are, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(counts, fc.array(fc.nat(4999)), async (count, places) => {
        const x = new Float32Array(count).fill(3e38);
        const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        for (const i of places.filter((place) => place < count)) x[i] = bad[i % 3] as number;
        const { count: found } = await expectAgreement(
          countNonFinite,
          { count },
          { contents: { x: () => new Uint32Array(x.buffer) } },
        );
        expect(found[0]).toBe(new Set(places.filter((i) => i < count)).size);
      }),
      { numRuns: 20 },
    );
  });
});
