/** The adversarial lab on real digits, small: its finding, the box, questions about own pictures, a second network, bad input. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { type Attacked, attackPicture } from '../../../apps/labs/adversarial/attack.ts';
import { type Adversarial, experiment } from '../../../apps/labs/adversarial/experiment.ts';
import { verify } from '../../../apps/labs/adversarial/inspect.ts';
import type { Config } from '../../../apps/labs/adversarial/networks.ts';
import { changeBatch, frameBatch } from '../../../apps/labs/adversarial/pictures.ts';
import { SECOND, schema } from '../../../apps/labs/adversarial/schema.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import type { Runner } from '../../../apps/runtime/runner.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { init } from '../../../engine/device/init.ts';
import { mlp } from '../../../engine/nn/architectures.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { saveNetwork } from '../../../engine/train/checkpoint.ts';

const packs = join(dataFolder, 'packs');
const mnist = existsSync(join(packs, 'mnist-train.pack'));
const tiny = { images: 2000, testImages: 200, attackSteps: 10, curveSteps: 5, sizes: 2, largest: 0.2 } as const;

async function run(config: Partial<Config>, files: ReadonlyMap<string, Uint8Array> = new Map()) {
  const store = new RunStore<Adversarial>();
  const steps: number[] = [];
  const done = await runInNode(experiment, {
    environment: nodeEnvironment(packs),
    device: 'wasm',
    preset: 'quick',
    config: { ...tiny, ...config },
    files,
    onEvent: (event) => {
      if (event.type === 'step') steps.push(event.step);
      store.apply([structuredClone(event)]);
    },
  });
  return { ...done, store, steps };
}

describe.skipIf(!mnist)('on MNIST', () => {
  let done: Awaited<ReturnType<typeof run>>;
  let runner: Runner;
  beforeAll(async () => {
    done = await run({});
    runner = done.runner;
  }, 120_000);
  afterAll(() => runner?.stop());

  const attack = async (pixels: Uint8Array) => (await runner.request('attack', { pixels })) as Attacked;

  it('finds that attacks work where noise of the same size does not', () => {
    const { curves, transfer, outcome } = done.result as NonNullable<typeof done.result>;
    const [clean, , large] = curves.noise.map(({ accuracy }) => accuracy) as [number, number, number];
    expect(clean).toBeGreaterThan(0.8);
    expect(large).toBeGreaterThan(clean - 0.25);
    for (const attack of ['fgsm', 'pgd'] as const) expect(curves[attack][1]?.accuracy).toBeLessThan(0.4);
    expect(curves.pgd[1]?.accuracy).toBeLessThanOrEqual(curves.fgsm[1]?.accuracy as number);
    // What was made against the first network hurts the second more than noise, and less than an attack on itself.
    expect(transfer.pgd).toBeLessThan(transfer.noise - 0.05);
    expect(transfer.own).toBeLessThan(transfer.pgd);
    expect(outcome).toMatchObject({ index: 0, label: 7, before: { predicted: 7 } });
    expect(outcome.after.predicted).not.toBe(7);
    expect(outcome.noise.predicted).toBe(7);
  });

  it('steps one by one, in the box of ε and as pictures, on the way that its landscape shows', () => {
    const attacked = done.store.data.get('attacked') as Attacked;
    expect(done.steps).toEqual(Array.from({ length: done.steps.length }, (_, i) => i + 1));
    const { frames, original, points, landscape } = attacked;
    expect(points).toHaveLength(11);
    frames.forEach((value, i) => {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
      expect(Math.abs(value - (original[i % 784] as number))).toBeLessThanOrEqual(0.1 + 1e-6);
    });
    // Uphill: the probability of the own class falls from nearly 1 to below a half.
    expect(points.at(-1)?.loss).toBeGreaterThan((points[0]?.loss as number) + 0.5);
    expect(points.at(-1)?.probabilities[7]).toBeLessThan(0.5);
    if (!landscape) throw new Error('no landscape');
    expect(landscape.walk).toHaveLength(11);
    expect(landscape.loss).toHaveLength(landscape.along.length * landscape.across.length);
    // The picture itself lies in the box, the corners of the map do not.
    const nearest = (list: readonly number[]) =>
      list.reduce((best, v, i) => (Math.abs(v) < Math.abs(list[best] as number) ? i : best), 0);
    expect(landscape.inside?.[nearest(landscape.across) * landscape.along.length + nearest(landscape.along)]).toBe(1);
    expect(landscape.inside?.[0]).toBe(0);
    expect(changeBatch(attacked, 10)).toMatchObject({ map: 'diverging', limit: points[10]?.largest });
    expect(frameBatch(attacked, -1).data).toBe(original);
  });

  it('attacks the reader’s own picture away from what the network sees in it, and refuses one of another size', async () => {
    const own = Uint8Array.from({ length: 784 }, (_, i) => (i % 28 > 12 && i % 28 < 16 ? 255 : 0));
    const attacked = await attack(own);
    expect(attacked).toMatchObject({ index: null, label: attacked.clean.predicted, shape: [28, 28, 1] });
    expect(attacked.points.at(-1)?.probabilities[attacked.label]).toBeLessThan(attacked.clean.confidence);
    await expect(attack(own.subarray(1))).rejects.toThrow('28 × 28');
  });
});

describe.skipIf(!mnist)('networks from files', () => {
  const checkpoint = async (outputs: readonly number[], seed: number) => {
    await init({ device: 'wasm' });
    const network = buildNetwork(mlp(outputs), { inputShape: [28, 28, 1], rng: seed });
    const bytes = await saveNetwork(network, { dataset: 'mnist', normalisation: { mean: [0.1307], std: [0.3081] } });
    network.dispose();
    return bytes;
  };

  it('are attacked, and compared with', async () => {
    const files = new Map([
      [`${SECOND}b.safetensors`, await checkpoint([784, 8, 10], 2)],
      ['a.safetensors', await checkpoint([784, 10], 1)],
    ]);
    const { result, store, runner } = await run({ other: 'file', testImages: 50, sizes: 1, attack: 'penalised' }, files);
    expect(store.data.get('networks')).toMatchObject({ first: 'from a file, epoch 0', other: 'from a file, epoch 0' });
    expect(result?.outcome.target).not.toBeNull();
    await runner.stop();
  }, 60_000);

  it('that put out no classes of these images are refused by name', async () => {
    await expect(run({}, new Map([['a.safetensors', await checkpoint([784, 3], 1)]]))).rejects.toThrow('10 classes');
    await expect(run({ other: 'file' })).rejects.toThrow('second checkpoint');
  }, 60_000);
});

it('attacks and checks on the network’s device, also where another lab of the page has opened one since', async () => {
  const device = await init({ device: 'cpu' });
  const network = buildNetwork(mlp([64, 12, 10]), { inputShape: [8, 8, 1], rng: 1, device });
  await init({ device: 'cpu' });
  const pixels = Float32Array.from({ length: 64 }, (_, i) => (i % 7) / 7);
  const picture = { index: null, label: null, shape: [8, 8, 1], pixels };
  const config: Config = { ...defaults(schema), attackSteps: 3, hardenedSteps: 2 };
  for (const attack of ['fgsm', 'pgd', 'penalised'] as const) {
    let found: Attacked | undefined;
    for await (const attacked of attackPicture(network, picture, { ...config, attack }, network)) found = attacked;
    expect(found?.landscape?.loss.length, attack).toBeGreaterThan(0);
  }
  for (const card of ['fgsm', 'pgd', 'penalised-attack', 'adversarial-training', 'cross-entropy'])
    expect(await verify({ ...picture, network }, config, card), card).not.toHaveLength(0);
  network.dispose();
}, 60_000);
