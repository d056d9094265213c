/** Points that t-SNE and its relatives are given: checked, and of any scale. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ArgumentError, ConfigError, ShapeError } from '../../../engine/errors.ts';
import { Neighbourhoods } from '../../../engine/explain/neighbourhoods.ts';
import { nearestNeighbours } from '../../../engine/explain/neighbours.ts';
import { principalComponents } from '../../../engine/explain/pca.ts';
import { Tsne, type TsneSchedule, tsneSchedules } from '../../../engine/explain/tsne.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice } from '../../../engine/tensor.ts';
import { availableDevices } from '../core/devices.ts';

const N = 40;
const D = 5;
const points = new Generator(1, 'points').normal(N * D, 0, 1);
const changed = (value: number) => points.map((v, i) => (i === 17 ? value : v));
const scales = [1e-30, 1e-17, 1e-6, 1e6, 1e20, 1e37];

describe.each(await availableDevices())('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  const users: [string, (given: Float32Array, n: number) => Promise<unknown>][] = [
    ['Tsne', (given, n) => Tsne.create(given, n, { perplexity: 5 })],
    ['Neighbourhoods', (given, n) => Neighbourhoods.of(given, n)],
    ['nearestNeighbours', (given, n) => nearestNeighbours(given, n, 3)],
    ['principalComponents', (given, n) => principalComponents(given, n, 2)],
  ];
  it.each(users)('%s refuses points that are none', async (name, use) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      await expect(use(changed(value), N)).rejects.toThrow(ConfigError);
      await expect(use(changed(value), N)).rejects.toThrow(`coordinate 2 of point 3 is ${value}`);
    }
    await expect(use(points.slice(0, N * D - 1), N)).rejects.toThrow(ShapeError);
    await expect(use(points.slice(0, N * D - 1), N)).rejects.toThrow(`${name}: got [199], but the coordinates must fill 40 rows`);
    await expect(use([...points] as unknown as Float32Array, N)).rejects.toThrow(ArgumentError);
  });

  it('a layout must be finite, too', async () => {
    const map = await Tsne.create(points, N, { perplexity: 5 });
    expect(() => new Tsne(map.affinities, new Float32Array(2 * N).fill(Number.NaN))).toThrow(ConfigError);
    map.dispose();
  });

  it('the scale of the points does not matter', async () => {
    const run = async (factor: number, schedule: TsneSchedule) => {
      const scaled = points.map((v) => v * factor);
      const map = await Tsne.create(scaled, N, { perplexity: 5, schedule, init: 'pca' });
      // At the layout to begin with: later ones depend on the last bits.
      const { divergence } = await map.evaluate();
      map.step(20);
      const later = (await map.evaluate()).divergence;
      map.dispose();
      return { divergence, later };
    };
    for (const schedule of [tsneSchedules['scikit-learn'], { ...tsneSchedules.paper, components: 3 }]) {
      const plain = await run(1, schedule);
      expect(plain.divergence).toBeGreaterThan(0.5);
      for (const factor of scales) {
        const { divergence, later } = await run(factor, schedule);
        expect(Math.abs(divergence - plain.divergence), `× ${factor}`).toBeLessThan(1e-3);
        expect(later).toBeGreaterThan(0);
      }
      // A power of two changes no digit.
      expect(await run(2 ** 70, schedule)).toEqual(await run(2 ** -70, schedule));
    }
  });

  it('neighbours and principal components are those of the points, at any scale', async () => {
    const near = await nearestNeighbours(points, N, 4);
    const plain = await principalComponents(points, N, 2);
    for (const factor of [2 ** -60, 2 ** 60]) {
      const scaled = points.map((v) => v * factor);
      expect([...(await nearestNeighbours(scaled, N, 4))]).toEqual([...near]);
      expect([...(await Neighbourhoods.of(scaled, N)).neighbours(4)]).toEqual([...near]);
      const { projected, components, variances } = await principalComponents(scaled, N, 2);
      expect(variances[0]).toBeCloseTo((plain.variances[0] as number) * factor ** 2, -Math.log10(factor ** 2) + 3);
      expect(projected[0]).toBeCloseTo((plain.projected[0] as number) * factor, -Math.log10(factor) + 3);
      components.forEach((value, i) => {
        expect(value).toBeCloseTo(plain.components[i] as number, 4);
      });
    }
  });
});
