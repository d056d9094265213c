import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ArgumentError, ConfigError, ShapeError } from '../../../engine/errors.ts';
import { benchColumns } from '../../../engine/explain/bench/columns.ts';
import { type BenchResult, cueImages, explanationBench, reliabilityOf } from '../../../engine/explain/bench/index.ts';
import { memory } from '../../../engine/memory.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, tensor } from '../../../engine/tensor.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const SIDE = 8;
const DOT = [5 * SIDE + 5, 5 * SIDE + 6] as const;

describe.each(opened)('the bench on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  /** A network whose class 1 reads the two pixels of the dot strongly and all others weakly. */
  const reader = async () => {
    const network = buildNetwork([{ type: 'flatten' }, { type: 'linear', in: SIDE * SIDE, out: 2 }], {
      inputShape: [SIDE, SIDE, 1],
      rng: 1,
      device,
    });
    const weights = new Generator(4, 'weights').normal(2 * SIDE * SIDE, 0, 0.05);
    for (const pixel of DOT) weights[SIDE * SIDE + pixel] = 2;
    network.loadStateDict({
      '1.weight': { shape: [2, SIDE * SIDE], data: weights },
      '1.bias': { shape: [2], data: new Float32Array(2) },
    });
    return network;
  };

  const images = (count: number) => {
    const without = new Generator(7, 'images').uniform(count * SIDE * SIDE, 0, 0.5);
    const values = without.slice();
    // Of different strength, so that the effects differ.
    for (let i = 0; i < count; i++) for (const pixel of DOT) values[i * SIDE * SIDE + pixel] = 0.6 + 0.4 * ((i * 0.37) % 1);
    const of = (data: Float32Array<ArrayBuffer>) => tensor(data, [count, SIDE, SIDE, 1], { device });
    return cueImages(of(values), of(without), new Array(count).fill(1));
  };

  const measured = async (rows?: readonly string[]): Promise<BenchResult> => {
    const network = await reader();
    const pairs = await images(16);
    const options = { portions: 4, squares: 8, copies: 2, fewer: 6, nodes: 4, beside: { same: network }, ...(rows && { rows }) };
    const steps = explanationBench(network, pairs, options);
    const shares: number[] = [];
    for (;;) {
      const { done, value } = await steps.next();
      if (done) {
        expect(shares.every((share, i) => share >= (shares[i - 1] ?? 0) && share <= 1)).toBe(true);
        network.dispose();
        return value;
      }
      shares.push(value.share);
    }
  };

  test('knows the truth, and puts it first where the cue is', { timeout: 60_000 }, async () => {
    const { rows, columns, chance, effect, besides, completeness, images: count } = await measured();
    const of = (row: string, column: string) => rows.find(({ id }) => id === row)?.cells[column]?.mean as number;
    expect(count).toBe(16);
    expect(chance).toBeCloseTo(2 / 64, 10);
    expect(effect.change.mean).toBeGreaterThan(0.5);
    expect(effect.part).toBeGreaterThan(0.5);
    expect(effect.part).toBeLessThan(1);
    // The network beside is the same one: what is measured of it is what is measured of the network itself.
    expect(besides).toEqual([{ name: 'same', ...effect }]);
    const own = rows.find(({ id }) => id === 'integrated-gradients');
    expect(own?.beside.same).toEqual(own?.cells.share);
    expect([of('truth', 'share'), of('truth', 'rank')]).toEqual([1, 1.5]);
    expect(of('uniform', 'share')).toBeCloseTo(chance, 6);
    // Equal values share their rank: what is the same everywhere knows nothing.
    expect(of('uniform', 'rank')).toBe(32.5);
    // Of a linear network gradient × input and integrated gradients are exact.
    for (const row of ['truth', 'input-x-gradient', 'integrated-gradients']) expect(of(row, 'rank')).toBeCloseTo(1.5, 6);
    expect(of('truth', 'effect')).toBeCloseTo(1, 5);
    expect(of('integrated-gradients', 'effect')).toBeGreaterThan(0.7);
    expect(of('integrated-gradients', 'infidelity')).toBeLessThan(1e-3);
    expect(completeness.map(({ error }) => error.mean)).toSatisfy((errors: number[]) => errors.every((error) => error < 1e-4));
    for (const id of ['share', 'rank', 'effect'])
      expect(columns.find((column) => column.id === id)).toMatchObject({ reliable: true });
    // A map that ignores the network is as it was when the network is drawn anew, and one that ignores the image is not disturbed.
    expect(of('input', 'randomisation')).toBe(1);
    expect(of('uniform', 'sensitivity')).toBe(0);
    expect(columns.find(({ id }) => id === 'sensitivity')?.reliable).toBe(false);
    // No layer of this network puts out maps.
    expect(rows.map(({ id }) => id)).not.toContain('grad-cam');
  });

  test('measures the rows that are asked for beside its controls, and leaves nothing behind', { timeout: 60_000 }, async () => {
    await measured(['saliency']);
    const before = memory(device).tensors;
    const { rows } = await measured(['saliency']);
    expect(rows.map(({ id }) => id)).toEqual(['truth', 'saliency', 'random']);
    // What `measured` itself made: the images, their mask.
    expect(memory(device).tensors - before).toBeLessThanOrEqual(3);
  });

  test('refuses what is no pair', async () => {
    const one = tensor(new Float32Array(64), [1, SIDE, SIDE, 1], { device });
    await expect(cueImages(one, one, [0])).rejects.toThrow(ConfigError);
    await expect(cueImages(one, tensor(new Float32Array(4), [1, 2, 2, 1], { device }), [0])).rejects.toThrow(ShapeError);
    const network = await reader();
    await expect(explanationBench(network, {} as never).next()).rejects.toThrow(ArgumentError);
    await expect(explanationBench(undefined as never, await images(2)).next()).rejects.toThrow(ArgumentError);
    network.dispose();
  });
});

describe('reliability', () => {
  const [share] = benchColumns;
  if (!share) throw new Error('no column');
  const noise = (mean: number, seed: number) => new Generator(seed, 'values').normal(100, mean, 0.1);
  const rows = (truth: number, method: number, random: number) => [
    { id: 'truth', name: 'ground truth', values: noise(truth, 1) },
    { id: 'method', name: 'a method', values: noise(method, 2) },
    { id: 'random', name: 'random', values: noise(random, 3) },
  ];

  test('holds where the truth is first and chance last, ties included', () => {
    expect(reliabilityOf(share, rows(0.9, 0.5, 0.1))).toEqual({ reliable: true, reason: '' });
    expect(reliabilityOf(share, rows(0.5, 0.505, 0.1)).reliable).toBe(true);
    expect(reliabilityOf({ ...share, better: 'lower' }, rows(0.1, 0.5, 0.9)).reliable).toBe(true);
  });

  test('says who is in the wrong place', () => {
    expect(reliabilityOf(share, rows(0.5, 0.9, 0.1)).reason).toMatch(
      /a method is ahead of the ground truth \(0\.[89]\d* against 0\.[45]\d*\)/,
    );
    expect(reliabilityOf(share, rows(0.9, 0.1, 0.5)).reason).toMatch(/a method is behind the random map/);
    expect(reliabilityOf(share, rows(0.9, 0.5, 0.1).slice(0, 2)).reason).toMatch(/missing/);
  });
});
