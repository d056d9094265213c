import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { init } from '../../../engine/device/init.ts';
import { symmetricEigen } from '../../../engine/explain/eigen.ts';
import { principalComponents } from '../../../engine/explain/pca.ts';
import { Generator } from '../../../engine/random.ts';

beforeAll(async () => {
  await init({ device: 'webgpu' });
});

describe('symmetricEigen', () => {
  it('gives orthonormal vectors that rebuild the matrix, largest value first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(1e6), (n, seed) => {
        const half = new Generator(seed, 'matrix').normal(n * n);
        const matrix = Float64Array.from({ length: n * n }, (_, at) => {
          const [i, j] = [Math.floor(at / n), at % n];
          return (half[at] as number) + (half[j * n + i] as number);
        });
        const { values, vectors } = symmetricEigen(matrix, n);
        for (let c = 1; c < n; c++) expect(values[c]).toBeLessThanOrEqual(values[c - 1] as number);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let rebuilt = 0;
            let dot = 0;
            for (let c = 0; c < n; c++) {
              rebuilt += (values[c] as number) * (vectors[i * n + c] as number) * (vectors[j * n + c] as number);
              dot += (vectors[c * n + i] as number) * (vectors[c * n + j] as number);
            }
            expect(rebuilt).toBeCloseTo(matrix[i * n + j] as number, 9);
            expect(dot).toBeCloseTo(i === j ? 1 : 0, 9);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

/** The covariance's eigenvectors, solved directly. */
function plainComponents(points: Float32Array, N: number) {
  const D = points.length / N;
  const centre = Array.from(
    { length: D },
    (_, d) => Array.from({ length: N }, (_, i) => points[i * D + d] as number).reduce((a, b) => a + b, 0) / N,
  );
  const covariance = new Float64Array(D * D);
  for (let i = 0; i < N; i++) {
    for (let a = 0; a < D; a++) {
      for (let b = 0; b < D; b++) {
        const product =
          ((points[i * D + a] as number) - (centre[a] as number)) * ((points[i * D + b] as number) - (centre[b] as number));
        covariance[a * D + b] = (covariance[a * D + b] as number) + product / (N - 1);
      }
    }
  }
  return { centre, ...symmetricEigen(covariance, D) };
}

describe('principalComponents', () => {
  it('agree with the eigenvectors of the covariance', async () => {
    const shapes = fc.record({ N: fc.integer({ min: 14, max: 80 }), D: fc.integer({ min: 1, max: 13 }), seed: fc.nat(1e6) });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ N, D, seed }) => {
        // Axes of clearly different length, shifted from the origin.
        const points = new Generator(seed, 'cloud').normal(N * D).map((value, at) => value * 0.6 ** (at % D) + 3);
        const k = Math.min(3, D);
        const { projected, components, variances } = await principalComponents(points, N, k);
        const plain = plainComponents(points, N);
        for (let c = 0; c < k; c++) {
          expect((variances[c] as number) / (plain.values[c] as number)).toBeCloseTo(1, 3);
          let overlap = 0;
          for (let d = 0; d < D; d++) overlap += (components[d * k + c] as number) * (plain.vectors[d * D + c] as number);
          expect(Math.abs(overlap)).toBeCloseTo(1, 2);
          for (let i = 0; i < N; i += 5) {
            let expected = 0;
            for (let d = 0; d < D; d++)
              expected += ((points[i * D + d] as number) - (plain.centre[d] as number)) * (components[d * k + c] as number);
            expect(projected[i * k + c]).toBeCloseTo(expected, 4);
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  it('keep the largest coefficient positive and the directions orthonormal with many dimensions', async () => {
    const [N, D, k] = [200, 100, 30];
    const points = new Generator(8, 'cloud').normal(N * D).map((value, at) => value / (1 + (at % D)));
    const { components, variances } = await principalComponents(points, N, k);
    const plain = plainComponents(points, N);
    for (let a = 0; a < k; a++) {
      const column = Array.from({ length: D }, (_, d) => components[d * k + a] as number);
      expect(Math.max(...column)).toBe(Math.max(...column.map(Math.abs)));
      expect((variances[a] as number) / (plain.values[a] as number)).toBeCloseTo(1, 2);
      for (let b = 0; b <= a; b++) {
        const dot = column.reduce((sum, value, d) => sum + value * (components[d * k + b] as number), 0);
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 4);
      }
    }
  });

  it('of points that coincide are zero, and there are never more than dimensions or points', async () => {
    const same = await principalComponents(new Float32Array(40).fill(2), 10, 2);
    expect(same.projected.every((value) => value === 0)).toBe(true);
    expect((await principalComponents(new Generator(1).normal(6), 2, 9)).variances).toHaveLength(2);
  });
});
