import { beforeAll, describe, expect, it } from 'vitest';
import { init } from '../../../engine/device/init.ts';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { affinitiesOf, symmetricRows } from '../../../engine/explain/affinities.ts';
import { Neighbourhoods } from '../../../engine/explain/neighbourhoods.ts';
import { initialLayout, Tsne, TsneConvergence, type TsneSchedule, tsneSchedules } from '../../../engine/explain/tsne.ts';
import { liveTensors } from '../../../engine/memory.ts';
import { Generator } from '../../../engine/random.ts';
import { getDevice, setDevice } from '../../../engine/tensor.ts';
import { plainDivergence, plainGradient, plainJoint, plainTsne } from './plain-tsne.ts';

const N = 45;
/** Three clouds in six dimensions. */
const points = (() => {
  const noise = new Generator(5, 'points').normal(6 * N);
  return Float32Array.from(noise, (value, at) => value + (at % 6 === Math.floor(at / 6) % 3 ? 6 : 0));
})();
const start = new Generator(2, 'start').normal(2 * N);
/** Every change of the schedules, within a few iterations. */
const short: TsneSchedule = { ...tsneSchedules.paper, exaggerated: 6, momentumSwitch: 11, learningRate: () => 10, components: 0 };

const norm = (values: number[]) => Math.hypot(...values);
const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, at) => Math.abs(value - (b[at] as number))));

async function spaceOf(options = {}): Promise<Neighbourhoods> {
  return Neighbourhoods.of(points, N, options);
}

beforeAll(async () => {
  await init({ device: 'webgpu' });
});

describe('plain t-SNE', () => {
  it('has the gradient that central differences of the divergence give', () => {
    const p = plainJoint(points, N, 7);
    const gradient = plainGradient(p, start);
    for (let c = 0; c < 2 * N; c += 7) {
      const moved = (h: number) => Array.from(start, (value, at) => (at === c ? value + h : value));
      const difference = (plainDivergence(p, moved(1e-4)) - plainDivergence(p, moved(-1e-4))) / 2e-4;
      expect(gradient[c]).toBeCloseTo(difference, 7);
    }
  });
});

describe.each(['dense', 'sparse'] as const)('Tsne with %s affinities', (kind) => {
  /** The sparse form with every point a neighbour is the same distribution. */
  const options = { dense: kind === 'dense', neighbours: N - 1 };
  const perplexity = kind === 'dense' ? 7 : (N - 1) / 3 + 1;
  const joint = plainJoint(points, N, perplexity);

  it('follows the plain one through exaggeration, momentum and a change of the learning rate', async () => {
    const space = await spaceOf(options);
    const affinities = await affinitiesOf(space, perplexity);
    expect(affinities.kind).toBe(kind);
    const tsne = new Tsne(affinities, start, short);
    tsne.step(9);
    tsne.learningRate = 4;
    tsne.step(1);
    tsne.step(6);
    expect(tsne.iteration).toBe(16);
    const expected = plainTsne(joint, start, short, 16, (t) => (t < 9 ? 10 : 4));
    expect(far(await tsne.positions(), expected)).toBeLessThan(2e-3 * Math.max(...expected.map(Math.abs)));
    tsne.dispose();
    affinities.dispose();
    space.dispose();
  });

  it('evaluates divergence and gradient as the plain one', async () => {
    const space = await spaceOf(options);
    const affinities = await affinitiesOf(space, perplexity);
    const tsne = new Tsne(affinities, start, short);
    expect((await tsne.evaluate()).divergence).toBeCloseTo(plainDivergence(joint, start), 4);
    tsne.step();
    const { gradientNorm, divergence } = await tsne.evaluate();
    expect(gradientNorm).toBeCloseTo(norm(plainGradient(joint, start, short.exaggeration)), 4);
    expect(divergence).toBeCloseTo(plainDivergence(joint, await tsne.positions()), 4);
    tsne.dispose();
    affinities.dispose();
    space.dispose();
  });
});

describe('Tsne', () => {
  it('gives the same bits again, whatever the number of steps in one call', async () => {
    const run = async (parts: number[]) => {
      const tsne = await Tsne.create(points, N, { perplexity: 8, seed: 3, schedule: short });
      for (const count of parts) tsne.step(count);
      const y = await tsne.positions();
      tsne.dispose();
      return y;
    };
    expect(await run([12])).toEqual(await run([12]));
    expect(far(await run([12]), await run([1, 4, 7]))).toBeLessThan(1e-5);
  });

  it('goes on from a saved state with the same bits', async () => {
    const affinities = await affinitiesOf(await spaceOf(), 8);
    const first = new Tsne(affinities, start, short);
    first.step(7);
    const state = await first.state();
    const second = new Tsne(affinities, new Float32Array(2 * N), short);
    second.restore(state);
    first.step(6);
    second.step(6);
    expect(second.iteration).toBe(13);
    expect(await second.positions()).toEqual(await first.positions());
  });

  it('keeps the layout when the perplexity changes, and goes on with the new affinities', async () => {
    const space = await spaceOf();
    const [first, second] = [await affinitiesOf(space, 5), await affinitiesOf(space, 15)];
    const tsne = new Tsne(first, start, short);
    tsne.step(4);
    const before = await tsne.positions();
    tsne.affinities = second;
    expect(await tsne.positions()).toEqual(before);
    expect((await tsne.evaluate()).divergence).toBeCloseTo(plainDivergence(plainJoint(points, N, 15), before), 4);
    tsne.step(1);
    expect(far(await tsne.positions(), before)).toBeGreaterThan(1e-4);
    for (const made of [tsne, first, second, space]) made.dispose();
  });

  it('separates three clouds', async () => {
    // A start may leave a point or two on the wrong side for good, and last bits decide which; a cloud would be 15 points.
    const wrong: number[] = [];
    for (const seed of [1, 2, 3, 4, 5]) {
      const tsne = await Tsne.create(points, N, { perplexity: 8, seed });
      tsne.step(400);
      const y = await tsne.positions();
      tsne.dispose();
      const nearest = (i: number) => {
        const distance = (j: number) =>
          Math.hypot((y[2 * i] as number) - (y[2 * j] as number), (y[2 * i + 1] as number) - (y[2 * j + 1] as number));
        const others = Array.from({ length: N }, (_, j) => j).filter((j) => j !== i);
        return others.reduce((a, b) => (distance(a) <= distance(b) ? a : b));
      };
      wrong.push(Array.from({ length: N }, (_, i) => i).filter((i) => nearest(i) % 3 !== i % 3).length);
    }
    expect(wrong.filter((count) => count === 0).length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...wrong)).toBeLessThanOrEqual(2);
  });

  it('stays finite with points that coincide, all of them or many', async () => {
    for (const copies of [3, N]) {
      const repeated = Float32Array.from(
        { length: 6 * N },
        (_, at) => points[6 * (Math.floor(at / 6) % Math.ceil(N / copies)) + (at % 6)] as number,
      );
      for (const dense of [true, false]) {
        const space = await Neighbourhoods.of(repeated, N, { dense, maxPerplexity: 10 });
        const affinities = await affinitiesOf(space, 2);
        for (const init of ['random', 'pca'] as const) {
          const tsne = new Tsne(affinities, await initialLayout(repeated, N, { init, scale: 1e-4 }));
          tsne.step(60);
          const { divergence, gradientNorm } = await tsne.evaluate();
          expect(Number.isFinite(divergence) && Number.isFinite(gradientNorm)).toBe(true);
          expect((await tsne.positions()).every(Number.isFinite)).toBe(true);
          tsne.dispose();
        }
        affinities.dispose();
        space.dispose();
      }
    }
  });

  it('works with two and three points, and says what perplexity is possible', async () => {
    for (const count of [2, 3]) {
      const tsne = await Tsne.create(points.slice(0, 6 * count), count, { perplexity: 1 });
      tsne.step(20);
      expect((await tsne.positions()).every(Number.isFinite)).toBe(true);
      tsne.dispose();
    }
    await expect(Tsne.create(points, N, { perplexity: N })).rejects.toThrow(ConfigError);
    await expect(Tsne.create(points, N, { perplexity: 0.5 })).rejects.toThrow(/perplexity/);
    const space = await spaceOf({ dense: false, maxPerplexity: 5 });
    await expect(affinitiesOf(space, 9)).rejects.toThrow(/at most 5/);
  });

  it('refuses a layout or affinities of another number of points', async () => {
    const affinities = await affinitiesOf(await spaceOf(), 5);
    expect(() => new Tsne(affinities, new Float32Array(4))).toThrow(ShapeError);
  });

  it('releases everything', async () => {
    const before = liveTensors();
    const bytes = getDevice().memory().bytes;
    const tsne = await Tsne.create(points, N, { perplexity: 8 });
    tsne.step(3);
    await tsne.evaluate();
    tsne.dispose();
    expect(liveTensors()).toBe(before);
    expect(getDevice().memory().bytes).toBe(bytes);
  });

  it('costs one submission an iteration', async () => {
    const tsne = await Tsne.create(points, N, { perplexity: 8, schedule: { ...short, exaggerated: 1000, momentumSwitch: 1000 } });
    // The first executions compile and wait for others; a step is cut only where the shortest of eight takes longer than a frame.
    for (let look = 0; look < 10; look++) {
      tsne.step(1);
      await tsne.positions();
    }
    const backend = (getDevice() as Awaited<ReturnType<typeof init>>).backend as unknown as { counters: { submits: number } };
    const before = backend.counters.submits;
    tsne.step(8);
    // And one to take the centre off.
    expect(backend.counters.submits - before).toBeLessThanOrEqual(9);
    tsne.dispose();
  });

  it('starts from scaled principal components if asked', async () => {
    const layout = await initialLayout(points, N, { init: 'pca', scale: 1e-4 });
    const first = Array.from({ length: N }, (_, i) => layout[2 * i] as number);
    const second = Array.from({ length: N }, (_, i) => layout[2 * i + 1] as number);
    const deviation = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / (N - 1));
    expect(deviation(first) / 1e-4).toBeCloseTo(1, 4);
    expect(deviation(second)).toBeLessThan(deviation(first));
    expect(first.reduce((sum, value, i) => sum + value * (second[i] as number), 0) / 1e-8).toBeCloseTo(0, 3);
  });

  it('runs on the reference device as on WebGPU', async () => {
    const tsne = await Tsne.create(points, N, { perplexity: 8, seed: 3, schedule: short });
    tsne.step(12);
    const y = await tsne.positions();
    const gpu = getDevice();
    try {
      await init({ device: 'cpu' });
      const plain = await Tsne.create(points, N, { perplexity: 8, seed: 3, schedule: short });
      plain.step(12);
      expect(far(await plain.positions(), y)).toBeLessThan(1e-3 * Math.max(...y));
      plain.dispose();
    } finally {
      setDevice(gpu);
    }
    tsne.dispose();
  });
});

describe('affinities', () => {
  it('of stored neighbours are symmetric, ascending and add up to 1', async () => {
    const space = await spaceOf({ dense: false, maxPerplexity: 4 });
    expect(space.kept).toBe(13);
    const affinities = await affinitiesOf(space, 4);
    if (affinities.kind !== 'sparse') throw new Error('expected sparse affinities');
    const [rowStart, neighbour] = [await affinities.rowStart.data('u32'), await affinities.neighbour.data('u32')];
    const p = await affinities.p.data();
    expect(p.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    const value = new Map<string, number>();
    for (let i = 0; i < N; i++) {
      for (let e = rowStart[i] as number; e < (rowStart[i + 1] as number); e++) {
        if (e > (rowStart[i] as number)) expect(neighbour[e]).toBeGreaterThan(neighbour[e - 1] as number);
        expect(neighbour[e]).not.toBe(i);
        value.set(`${i},${neighbour[e]}`, p[e] as number);
      }
    }
    for (const [key, own] of value) expect(value.get(key.split(',').reverse().join())).toBe(own);
  });

  it('adds both directions of a pair', () => {
    // 0 → 1, 2; 1 → 0, 2; 2 → 1, 0 with a stride of 8
    const neighbours = Uint32Array.of(1, 2, 0, 2, 1, 0);
    const conditional = Float32Array.from({ length: 24 }, (_, at) => [0.75, 0.25, 0.5, 0.5, 1, 0][2 * (at >> 3) + (at & 7)] ?? 0);
    const { rowStart, neighbour, p } = symmetricRows(neighbours, conditional, 3, 2, 8);
    expect([...rowStart]).toEqual([0, 2, 4, 6]);
    expect([...neighbour]).toEqual([1, 2, 0, 2, 0, 1]);
    const expected = [1.25, 0.25, 1.25, 1.5, 0.25, 1.5].map((value) => value / 6);
    p.forEach((value, at) => {
      expect(value).toBeCloseTo(expected[at] as number, 6);
    });
  });
});

describe('TsneConvergence', () => {
  it('stops after iterations without progress, counted from the latest restart', () => {
    const stop = new TsneConvergence(300);
    const at = (iteration: number, divergence: number, gradientNorm = 1) => stop.check(iteration, { divergence, gradientNorm });
    expect(at(50, 2)).toBeUndefined();
    expect(at(100, 2.5)).toBeUndefined();
    expect(at(350, 2)).toBeUndefined();
    expect(at(351, 2)).toMatch(/no progress for 300/);
    stop.restart(351);
    expect(at(400, 3)).toBeUndefined();
    expect(at(700, 2.9)).toBeUndefined();
    expect(at(1000, 2.95)).toBeUndefined();
    expect(at(1001, 2.95)).toMatch(/no progress/);
  });

  it('stops at a vanishing gradient', () => {
    const stop = new TsneConvergence();
    expect(stop.check(50, { divergence: 1, gradientNorm: 2e-7 })).toBeUndefined();
    expect(stop.check(100, { divergence: 0.9, gradientNorm: 1e-7 })).toMatch(/gradient/);
  });
});
