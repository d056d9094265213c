import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../engine/errors.ts';
import { dropout, dropoutChannels, randomBernoulli, randomNormal, randomUniform } from '../../../engine/kernels/random.ts';
import { Generator, pcg4d, streamOf } from '../../../engine/random.ts';
import { expectAgreement } from './harness.ts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const cases = fc.record({
  count: fc.integer({ min: 1, max: 3000 }),
  draw: fc.nat(50),
  seed: uint32,
  stream: uint32,
  step: uint32,
});
const exact = { rtol: 0, atol: 0 };

describe('random kernels', () => {
  it('give the bits of the reference', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.double({ min: 0, max: 1, noNaN: true }), async ({ count, draw, seed, stream, step }, p) => {
        const contents = { state: () => [seed, stream, step, 0] };
        await expectAgreement(randomUniform, { count, draw, low: 0, high: 1 }, { contents, ...exact });
        await expectAgreement(randomBernoulli, { count, draw, p }, { contents, ...exact });
        await expectAgreement(randomNormal, { count, draw, mean: 0, std: 1 }, { contents, rtol: 1e-6, atol: 1e-6 });
        await expectAgreement(dropout, { count, draw, p }, { contents, rtol: 1e-6, atol: 0 });
      }),
      { numRuns: 25 },
    );
  });

  it('drop whole channels', async () => {
    const state = () => [7, 8, 9, 0];
    for (const channels of [1, 3, 4, 12]) {
      for (const images of [1, 5]) {
        const params = { count: images * 6 * channels, draw: 2, p: 0.4, channels, plane: 6 * channels };
        await expectAgreement(dropoutChannels, params, { contents: { state }, rtol: 1e-6 });
      }
    }
  });

  it('match the host generator, step for step', async () => {
    const device = new Generator(42, 'weights');
    const host = new Generator(42, 'weights');
    for (let k = 0; k < 3; k++) {
      const state = device.next();
      const { y } = await expectAgreement(
        randomUniform,
        { count: 37, draw: 0, low: -1, high: 1 },
        { contents: { state: () => state }, atol: 1e-7 },
      );
      expect([...y]).toEqual([...host.uniform(37, -1, 1)]);
    }
  });
});

describe('Generator', () => {
  it('mixes as published: PCG4D of (0, 0, 0, 0) by hand', () => {
    // All four words start as c = 1013904223 (mod 2^32); the rounds are followed in BigInt arithmetic.
    const mask = 0xffffffffn;
    const c = 1013904223n;
    let [x, y, z, w] = [c, c, c, c];
    const round = () => {
      x = (x + y * w) & mask;
      y = (y + z * x) & mask;
      z = (z + x * y) & mask;
      w = (w + y * z) & mask;
    };
    round();
    [x, y, z, w] = [x ^ (x >> 16n), y ^ (y >> 16n), z ^ (z >> 16n), w ^ (w >> 16n)];
    round();
    const v = new Uint32Array(4);
    pcg4d(v);
    expect([...v].map(BigInt)).toEqual([x, y, z, w]);
  });

  it('has the moments of its distributions', () => {
    const n = 200_000;
    const generator = new Generator(1);
    const mean = (a: Float32Array) => a.reduce((s, v) => s + v, 0) / a.length;
    const uniform = generator.uniform(n);
    expect(mean(uniform)).toBeCloseTo(0.5, 2);
    expect(Math.min(...uniform.subarray(0, 1000))).toBeGreaterThanOrEqual(0);
    const normal = generator.normal(n);
    expect(Math.abs(mean(normal))).toBeLessThan(0.01);
    expect(mean(normal.map((v) => v * v))).toBeCloseTo(1, 1);
    expect(mean(normal.map((v) => v ** 4))).toBeGreaterThan(2.9);
    expect(mean(normal.map((v) => v ** 4))).toBeLessThan(3.1);
    expect(mean(generator.bernoulli(n, 0.3))).toBeCloseTo(0.3, 2);
    const counts = new Array<number>(10).fill(0);
    for (const v of generator.integers(n, 10)) counts[v] = (counts[v] as number) + 1;
    for (const count of counts) expect(Math.abs(count - n / 10)).toBeLessThan(5 * Math.sqrt(n / 10));
  });

  it('permutes, and every order of three is about as frequent', () => {
    const generator = new Generator(3, 'shuffle');
    expect([...generator.permutation(1000)].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
    const orders = new Map<string, number>();
    for (let k = 0; k < 6000; k++) {
      const key = generator.permutation(3).join('');
      orders.set(key, (orders.get(key) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('is restored exactly, and streams and forks differ', () => {
    const generator = new Generator(9, 'a');
    generator.uniform(10);
    const copy = Generator.restore(JSON.parse(JSON.stringify(generator.state)));
    expect([...copy.normal(20)]).toEqual([...generator.normal(20)]);
    expect(streamOf('a')).not.toBe(streamOf('b'));
    const first = (g: Generator) => g.words(4).join();
    expect(
      new Set([new Generator(9, 'a'), new Generator(9, 'b'), new Generator(10, 'a'), new Generator(9, 'a').fork('x')].map(first))
        .size,
    ).toBe(4);
    expect(() => new Generator(-1)).toThrow(ConfigError);
  });
});
