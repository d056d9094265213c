import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  tsneAttraction,
  tsneDenseDivergence,
  tsneDivergence,
  tsneForces,
  tsneRecentre,
  tsneRepulsion,
  tsneUpdate,
} from '../../../engine/kernels/tsne.ts';
import { tsneDistances, tsneSearch, tsneSymmetrise } from '../../../engine/kernels/tsne-affinities.ts';
import { devices, expectAgreement, randomSource } from './harness.ts';

/** Awkward numbers of points: alone, a pair, odd, prime, around the tiles of 8, 64 and 256, and past them. */
const counts = fc.oneof(
  fc.constantFrom(1, 2, 3, 7, 8, 9, 63, 64, 65, 127, 255, 256, 257, 509, 521, 613),
  fc.integer({ min: 1, max: 300 }),
);
const several = counts.filter((N) => N >= 2);
const strideOf = (N: number) => Math.ceil(N / 8) * 8;
const runs = { numRuns: 12 };

/** A symmetric joint distribution with zeros on the diagonal and behind the Nth entry of a row. */
function jointOf(N: number, stride: number) {
  return (count: number, random: () => number) => {
    const joint = new Float32Array(count);
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < i; j++) {
        const p = random() < 0.2 ? 0 : random() ** 4 / (N * N);
        joint[i * stride + j] = p;
        joint[j * stride + i] = p;
      }
    }
    return joint;
  };
}

/** Sparse rows, some of them empty, some long. */
function sparse(N: number, seed: number) {
  const random = randomSource(seed);
  const rowStart = [0];
  const neighbour: number[] = [];
  for (let i = 0; i < N; i++) {
    const length = Math.floor(random() ** 2 * Math.min(N, 40));
    for (let k = 0; k < length; k++) neighbour.push(Math.floor(random() * N));
    rowStart.push(neighbour.length);
  }
  if (neighbour.length === 0) {
    neighbour.push(0);
    rowStart[N] = 1;
  }
  const p = (count: number) => Float32Array.from({ length: count }, (_, e) => (e % 7 === 0 ? 0 : random() / N));
  return { entries: neighbour.length, contents: { rowStart: () => rowStart, neighbour: () => neighbour, p } };
}

const total = (N: number) => ({ Z: () => [0.1, 0.2, N * (N - 1) * 0.3 + 0.5, 0] });

describe('t-SNE distances', () => {
  it('agree with their reference for any block of rows', async () => {
    const shapes = fc.tuple(counts, fc.integer({ min: 1, max: 9 }), fc.nat(1000), fc.integer({ min: 1, max: 40 }));
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer(), async ([N, D4, from, length], seed) => {
        const firstRow = from % N;
        const rows = Math.min(length, N - firstRow);
        await expectAgreement(tsneDistances, { N, D: 4 * D4, firstRow, rows, stride: strideOf(N), perplexity: 0 }, { seed });
      }),
      runs,
    );
  });

  it('of coinciding points are exactly 0', async () => {
    const params = { N: 19, D: 784, firstRow: 0, rows: 19, stride: 24, perplexity: 0 };
    const same = (count: number) => Float32Array.from({ length: count }, (_, at) => Math.sin((at % 784) * 91.7) * 255);
    const { distance } = await expectAgreement(tsneDistances, params, { contents: { x: same }, rtol: 0, atol: 0 });
    expect(Array.from(distance).filter((d) => d === 0)).toHaveLength(19 * 18);
  });
});

describe('perplexity search', () => {
  const near = (N: number, firstRow: number, stride: number, scale: number) => (count: number, random: () => number) =>
    Float32Array.from({ length: count }, (_, at) => {
      const j = at % stride;
      return j >= N || j === firstRow + Math.floor(at / stride) ? -1 : scale * (0.2 + random() ** 2);
    });

  it('agrees with its reference, whatever the scale of the points', async () => {
    const cases = fc.tuple(
      counts.filter((N) => N >= 6),
      fc.nat(1000),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(1e-6, 1, 5e6),
    );
    await fc.assert(
      fc.asyncProperty(cases, fc.integer(), async ([N, from, share, scale], seed) => {
        const firstRow = from % N;
        const rows = Math.min(9, N - firstRow);
        const stride = strideOf(N);
        const perplexity = 2 + share * ((N - 1) * 0.6 - 2);
        const params = { N, D: 0, firstRow, rows, stride, perplexity };
        const rubbish = (count: number) => new Float32Array(count).fill(7);
        // The search ends within 1e-5 of the perplexity on both sides; that much may differ, and what it does to the affinities.
        const options = { seed, rtol: 2e-3, atol: 1e-6 };
        await expectAgreement(tsneSearch, params, {
          ...options,
          contents: { near: near(N, firstRow, stride, scale), p: rubbish, beta: rubbish },
        });
      }),
      runs,
    );
  });

  it('hits the perplexity', async () => {
    const [N, stride] = [400, 400];
    for (const perplexity of [2, 5, 30, 100, 250]) {
      for (const device of await devices()) {
        const params = { N, D: 0, firstRow: 0, rows: N, stride, perplexity };
        const contents = near(N, 0, stride, 40)(N * stride, randomSource(3));
        const buffers = {
          near: device.allocate(4 * N * stride),
          p: device.allocate(4 * N * stride),
          beta: device.allocate(4 * N),
        };
        device.write(buffers.near, contents);
        device.run(tsneSearch, buffers, params);
        const p = new Float32Array(await device.read(buffers.p));
        for (const buffer of Object.values(buffers)) device.release(buffer);
        for (let i = 0; i < N; i++) {
          const row = p.subarray(i * stride, i * stride + N);
          const entropy = row.reduce((sum, value) => sum - (value > 0 ? value * Math.log(value) : 0), 0);
          expect(Math.abs(entropy - Math.log(perplexity))).toBeLessThan(5e-5);
          expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
          expect(row[i]).toBe(0);
        }
      }
    }
  });

  it('gives equal affinities to neighbours that coincide, never NaN', async () => {
    const [N, stride] = [40, 40];
    // All in one place; and more equal nearest neighbours than the perplexity.
    for (const far of [0, 9]) {
      const contents = (count: number) =>
        Float32Array.from({ length: count }, (_, at) => {
          const [i, j] = [Math.floor(at / stride), at % stride];
          return i === j ? -1 : j < 20 ? 0 : far;
        });
      const zero = (count: number) => new Float32Array(count);
      const params = { N, D: 0, firstRow: 0, rows: N, stride, perplexity: 5 };
      const { p } = await expectAgreement(tsneSearch, params, {
        contents: { near: contents, p: zero, beta: zero },
        rtol: 1e-4,
        variants: ['row-per-invocation'],
      });
      expect(Array.from(p).every(Number.isFinite)).toBe(true);
      expect(p[1]).toBeCloseTo(far === 0 ? 1 / 39 : 1 / 19, 5);
    }
  });

  it('is made symmetric', async () => {
    await fc.assert(
      fc.asyncProperty(counts, fc.integer(), async (N, seed) => {
        await expectAgreement(tsneSymmetrise, { N, stride: strideOf(N) }, { seed, atol: 1e-7 });
      }),
      runs,
    );
  });
});

describe('t-SNE forces', () => {
  it('repulsion agrees with its reference, every rung', async () => {
    await fc.assert(
      fc.asyncProperty(counts, fc.integer(), async (N, seed) => {
        await expectAgreement(tsneRepulsion, { N }, { seed, atol: 1e-5 * Math.sqrt(N) });
      }),
      runs,
    );
  });

  it('repulsion runs all three rungs, the one with workgroup memory too', async () => {
    const ids = tsneRepulsion.variants.map((variant) => variant.id);
    expect(ids).toEqual(['naive', 'slices', 'workgroup-tile']);
    for (const id of ids) await expectAgreement(tsneRepulsion, { N: 1031 }, { variants: [id], atol: 1e-3 });
  });

  it('dense forces agree with their reference', async () => {
    await fc.assert(
      fc.asyncProperty(counts, fc.integer(), async (N, seed) => {
        const stride = strideOf(N);
        await expectAgreement(
          tsneForces,
          { N, stride },
          { seed, contents: { joint: jointOf(N, stride) }, atol: 1e-5 * Math.sqrt(N) },
        );
      }),
      runs,
    );
  });

  it('sparse attraction agrees with its reference', async () => {
    await fc.assert(
      fc.asyncProperty(counts, fc.integer(), async (N, seed) => {
        const { entries, contents } = sparse(N, seed);
        await expectAgreement(tsneAttraction, { N, entries }, { seed, contents, atol: 1e-6 });
      }),
      runs,
    );
  });
});

describe('t-SNE divergence', () => {
  it('agrees with its reference, whole and sparse', async () => {
    await fc.assert(
      fc.asyncProperty(several, fc.integer(), async (N, seed) => {
        const stride = strideOf(N);
        const joint = jointOf(N, stride);
        await expectAgreement(tsneDenseDivergence, { N, stride }, { seed, contents: { joint, ...total(N) }, rtol: 1e-4 });
        const { entries, contents } = sparse(N, seed);
        await expectAgreement(tsneDivergence, { N, entries }, { seed, contents: { ...contents, ...total(N) }, rtol: 1e-4 });
      }),
      runs,
    );
  });
});

describe('t-SNE update', () => {
  it('agrees with its reference; gains never fall below 0.01', async () => {
    await fc.assert(
      fc.asyncProperty(several, fc.integer(), async (N, seed) => {
        const gain = (count: number, random: () => number) =>
          Float32Array.from({ length: count }, () => 0.01 + 2 * random() ** 8);
        const hyper = (_: number, random: () => number) => [12 * random(), 200 * random(), random()];
        const contents = { gain, hyper, ...total(N) };
        const outputs = await expectAgreement(tsneUpdate, { N }, { seed, contents, rtol: 1e-4, atol: 1e-4 });
        for (const value of outputs.gain) expect(value).toBeGreaterThanOrEqual(0.00999);
      }),
      runs,
    );
  });

  it('takes the centre off', async () => {
    await fc.assert(
      fc.asyncProperty(counts, fc.integer(), async (N, seed) => {
        await expectAgreement(tsneRecentre, { N }, { seed });
      }),
      runs,
    );
  });
});
