/** Pictures of the reader's own, given to networks of the labs between runs: what the pages' pads and pickers ask. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { type Denoising, experiment as denoise } from '../../../apps/labs/denoise/experiment.ts';
import { type Explanation, experiment as failureModes } from '../../../apps/labs/failure-modes/experiment.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';

const packs = join(dataFolder, 'packs');
const options = { environment: nodeEnvironment(packs), device: 'wasm' } as const;

/** A 7 as on the pad, with a dot at the bottom right. */
const seven = Uint8Array.from({ length: 784 }, (_, at) => {
  const [y, x] = [Math.floor(at / 28), at % 28];
  const stroke = (y > 5 && y < 9 && x > 6 && x < 20) || (y >= 9 && y < 24 && Math.abs(x - (22 - y / 2)) < 1.5);
  return stroke || (y === 25 && x === 25) ? 255 : 0;
});

describe.skipIf(!existsSync(join(packs, 'mnist-train.pack')))('own pictures', () => {
  it('failure modes: each network explains the digit that it takes a drawing for', async () => {
    const { runner } = await runInNode(failureModes, {
      ...options,
      config: { images: 1000, testImages: 200, epochs: 1, nodes: 100 },
    });
    const found = (await runner.request('explainOwn', { pixels: seven })) as readonly Explanation[];
    expect(found.map(({ network, test }) => [network, test])).toEqual([
      ['clean', 'own'],
      ['tainted', 'own'],
    ]);
    for (const { scores, label, map, sum, difference, bytes } of found) {
      expect(label).toBe(scores.indexOf(Math.max(...scores)));
      expect(map).toHaveLength(784);
      expect(Math.abs(sum - (difference ?? Number.NaN))).toBeLessThan(0.1);
      expect(bytes).toEqual(seven);
    }
    expect(found[1]?.dotShare).toBeGreaterThan(found[0]?.dotShare ?? 1);
    await expect(runner.request('explainOwn', { pixels: seven.slice(1) })).rejects.toThrow('28 × 28 bytes');
    await runner.stop();
  }, 120_000);

  it.skipIf(!existsSync(join(packs, 'fashion-mnist-train.pack')))(
    'denoise: every network is given the same noisy drawing',
    async () => {
      const config = { images: 128, testImages: 64, maps: 2, depth: 2, batch: 32, epochs: 2, rate: 3e-3 };
      const { runner } = await runInNode(denoise, { ...options, config });
      type Answer = ReturnType<Denoising['requests']['own']>;
      const ask = (as: string) => runner.request('own', { pixels: seven, as }) as Promise<Answer>;
      const { clean, noisy, denoised } = await ask('MNIST');
      expect(clean).toEqual(seven);
      expect(Object.keys(denoised)).toEqual(['MNIST', 'both in sequence', 'both shuffled']);
      const pictures = [clean, noisy, ...Object.values(denoised)];
      for (const picture of pictures) expect(picture).toHaveLength(784);
      expect(new Set(pictures.map((picture) => picture.join())).size).toBe(5);
      // The same noise again, and in the clothes' units what the run has them normalised with: the digits', as published.
      expect(await ask('MNIST')).toEqual({ clean, noisy, denoised });
      expect((await ask('Fashion-MNIST')).noisy).toEqual(noisy);
      await expect(runner.request('own', { pixels: seven.slice(1), as: 'MNIST' })).rejects.toThrow('28 × 28 bytes');
      await runner.stop();
    },
    120_000,
  );
});
