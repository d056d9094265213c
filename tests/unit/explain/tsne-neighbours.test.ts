import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { init } from '../../../engine/device/init.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { Neighbourhoods, ranksOf } from '../../../engine/explain/neighbourhoods.ts';
import { nearestNeighbours, nearestOf, neighbourAgreement, neighbourOverlap } from '../../../engine/explain/neighbours.ts';
import { Generator } from '../../../engine/random.ts';
import { squaredDistances } from './plain-tsne.ts';

beforeAll(async () => {
  await init({ device: 'webgpu' });
});

/** Points on a coarse grid, so that distances are exact in f32 and ties and duplicates occur. */
const clouds = fc
  .record({ N: fc.integer({ min: 12, max: 90 }), D: fc.integer({ min: 1, max: 9 }), seed: fc.nat(1e6) })
  .map(({ N, D, seed }) => ({ N, points: Float32Array.from(new Generator(seed, 'cloud').uniform(N * D, 0, 8), Math.floor) }));

/** Others by distance, ties by index. */
const sorted = (row: number[], i: number) =>
  Array.from(row.keys())
    .filter((j) => j !== i)
    .sort((a, b) => (row[a] as number) - (row[b] as number) || a - b);

describe('nearest neighbours', () => {
  it('are those of brute force', async () => {
    await fc.assert(
      fc.asyncProperty(clouds, fc.integer({ min: 1, max: 11 }), async ({ N, points }, k) => {
        const found = await nearestNeighbours(points, N, k);
        squaredDistances(points, N).forEach((row, i) => {
          expect([...found.subarray(i * k, (i + 1) * k)]).toEqual(sorted(row, i).slice(0, k));
        });
      }),
      { numRuns: 15 },
    );
  });

  it('of one row agree with sorting', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 6 }), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (row, k) => {
        const all = row.map((d, j) => ({ d, j })).filter(({ d }) => d >= 0);
        const expected = all.sort((a, b) => a.d - b.d || a.j - b.j).slice(0, k);
        expect([...nearestOf(Float32Array.from(row), k)]).toEqual(expected.map(({ j }) => j));
      }),
    );
  });
});

describe('ranks', () => {
  it('count the points that are nearer', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 50 }), (distances) => {
        const row = Float32Array.from([-1, ...distances.map((d) => d / 3)]);
        const { ranks, order } = ranksOf(row);
        distances.forEach((d, at) => {
          expect(ranks[at + 1]).toBe(1 + distances.filter((other) => other < d).length);
        });
        expect(ranks[0]).toBe(row.length);
        expect(order[row.length - 1]).toBe(0);
      }),
    );
  });
});

describe('Neighbourhoods', () => {
  it('measure trustworthiness as its definition says, kept whole or as neighbours', async () => {
    await fc.assert(
      fc.asyncProperty(clouds, fc.integer({ min: 1, max: 5 }), fc.boolean(), async ({ N, points }, k, dense) => {
        const space = await Neighbourhoods.of(points, N, { dense, maxPerplexity: 3 });
        const embedding = new Generator(N, 'embedding').normal(2 * N);
        const embedded = await nearestNeighbours(embedding, N, k);
        let penalty = 0;
        squaredDistances(points, N).forEach((row, i) => {
          const near = sorted(squaredDistances(embedding, N)[i] as number[], i).slice(0, k);
          for (const j of near) {
            const rank = 1 + row.filter((d, other) => other !== i && d < (row[j] as number)).length;
            penalty += Math.max(0, rank - k);
          }
        });
        const expected = 1 - (2 / (N * k * (2 * N - 3 * k - 1))) * penalty;
        expect(space.trustworthiness(embedded, k)).toBeCloseTo(expected, 10);
        expect([...space.neighbours(k)]).toEqual([...(await nearestNeighbours(points, N, k))]);
        space.dispose();
      }),
      { numRuns: 8 },
    );
  });

  it('give 1 for an embedding with the same neighbours, and estimate it from some rows when there are many', async () => {
    const N = 3100;
    const points = new Generator(4, 'plane').normal(2 * N);
    const space = await Neighbourhoods.of(points, N, { maxPerplexity: 5 });
    expect(space.rows).toHaveLength(0);
    expect(space.trustworthiness(space.neighbours(5), 5)).toBe(1);
    const line = Float32Array.from({ length: 2 * N }, (_, at) => (at % 2 === 0 ? (points[at] as number) : 0));
    const worse = space.trustworthiness(await nearestNeighbours(line, N, 5), 5);
    expect(worse).toBeGreaterThan(0.5);
    expect(worse).toBeLessThan(0.95);
  });

  it('refuse what they cannot hold', async () => {
    await expect(Neighbourhoods.of(new Float32Array(3), 1)).rejects.toThrow(ConfigError);
    const space = await Neighbourhoods.of(new Generator(1).normal(60), 30);
    expect(() => space.neighbours(11)).toThrow(ConfigError);
    expect(() => space.trustworthiness(new Uint32Array(30 * 25), 25)).toThrow(ConfigError);
    space.dispose();
  });

  it('report progress and can be aborted', async () => {
    const shares: number[] = [];
    const points = new Generator(1).normal(90);
    (await Neighbourhoods.of(points, 30, { onProgress: (share) => shares.push(share) })).dispose();
    expect(shares.at(-1)).toBe(1);
    await expect(Neighbourhoods.of(points, 30, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('agreement', () => {
  it('counts points whose neighbours vote for their label; ties go to the smaller label', () => {
    const neighbours = Uint32Array.of(1, 2, 0, 2, 3, 0, 2, 1);
    expect(neighbourAgreement(neighbours, [0, 0, 1, 1], 2)).toBe(0.5);
    expect(neighbourAgreement(neighbours, [2, 2, 2, 2], 2)).toBe(1);
  });

  it('counts shared neighbours', () => {
    expect(neighbourOverlap(Uint32Array.of(1, 2, 0, 2), Uint32Array.of(2, 1, 3, 0), 2)).toBe(0.75);
  });
});
