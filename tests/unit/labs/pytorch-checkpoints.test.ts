/** The labs' checkpoints in PyTorch: the sources' models take their weights by name, and put out what the engine's networks do. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { experiments } from '../../../apps/labs/experiments.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import { Generator, noGrad, scope, tensor } from '../../../engine/index.ts';
import { readBundle } from '../../../engine/train/bundle.ts';
import { networkFrom } from '../../../engine/train/checkpoint.ts';
import { pythonWith } from '../../python.ts';

const packs = join(dataFolder, 'packs');
const python = pythonWith('torch');
const missing =
  'reason' in python ? python.reason : existsSync(join(packs, 'mnist-train.pack')) ? '' : 'MNIST is not prepared: npm run data';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly prefix: string;
  readonly model: string;
  readonly options: object;
  readonly input: { readonly shape: readonly number[]; readonly values: readonly number[] };
}

const cases: Case[] = [];
/** What the engine's networks put out. */
const expected: Float32Array[] = [];
const folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
const pictures = new Generator(3, 'pictures').normal(2 * 784);

/** Runs a lab for a few steps, and writes the files that it exports. */
async function exported(id: string, config: object, request?: readonly [name: string, payload: unknown]) {
  const experiment = await experiments.get(id)?.();
  if (!experiment) throw new Error('no experiment');
  const events: LabEvent[] = [];
  const done = await runInNode(experiment, {
    environment: nodeEnvironment(packs),
    device: 'wasm',
    config: config as Record<string, unknown>,
    onEvent: (event) => events.push(structuredClone(event)),
  });
  const last = events.findLast((event) => event.type === 'checkpoint' && event.name === 'model');
  const model = last?.type === 'checkpoint' ? last.bytes : undefined;
  const asked = request && ((await done.runner.request(...request)) as Uint8Array);
  await done.runner.stop();
  const bytes = asked ?? model;
  if (!bytes) throw new Error(`${id} wrote no file`);
  return { bytes, events };
}

/** Adds a file whose network takes pictures. @param part of a file that holds several */
async function pictureCase(name: string, bytes: Uint8Array, model: string, options: object, part?: string): Promise<void> {
  const file = `${name.replace(/\W+/g, '-')}.safetensors`;
  writeFileSync(join(folder, file), bytes);
  const network = networkFrom((part === undefined ? undefined : readBundle(bytes).parts.get(part)) ?? bytes);
  const output = scope(() => noGrad(() => network.forward(tensor(pictures, [2, 28, 28, 1]))));
  expected.push(await output.data());
  output.dispose();
  network.dispose();
  const prefix = part === undefined ? '' : `${part}/`;
  cases.push({ name, file, prefix, model, options, input: { shape: [2, 1, 28, 28], values: [...pictures] } });
}

const few = { images: 120, validationImages: 20, testImages: 20, batch: 20, epochs: 1, evaluations: 1 };

test.skipIf(missing !== '')(
  `every lab’s checkpoint gives the same outputs in PyTorch${missing && ` (skipped: ${missing})`}`,
  async () => {
    const classifiers = [
      ['one convolution', { network: 'mnist-cnn', filters: 2, units: 6 }, 'mnist-cnn', { filters: 2, hidden: 6 }],
      ['residual MLP', { network: 'skip-mlp', units: 6, depth: 2 }, 'skip-mlp', { widths: [784, 12, 6, 6, 10] }],
      ['pooled CNN', { network: 'cnn', widths: '3 5' }, 'cnn', { widths: [3, 5, 10] }],
      [
        'winner of a search',
        { network: 'mlp', depth: 1, units: 6, search: 'grid', space: { rate: [1e-3, 1e-2] } },
        'mlp',
        { widths: [784, 6, 10] },
      ],
    ] as const;
    for (const [name, config, model, options] of classifiers)
      await pictureCase(`classify, ${name}`, (await exported('classify', { ...few, ...config })).bytes, model, options);

    const failure = { images: 500, testImages: 200, epochs: 1, batch: 128, nodes: 2 };
    const dense = { widths: [784, 256, 120, 84, 10] };
    const both = await exported('failure-modes', failure);
    await pictureCase('failure modes, both in one file', both.bytes, 'mlp', dense, 'tainted');
    const one = await exported('failure-modes', failure, ['network', { network: 'clean' }]);
    await pictureCase('failure modes, the clean network', one.bytes, 'mlp', dense);

    const denoise = { images: 64, testImages: 20, maps: 2, depth: 3, batch: 32, epochs: 1, training: 'both shuffled' };
    const denoiser = await exported('denoise', denoise, ['network', { training: 'both shuffled' }]);
    await pictureCase('denoise', denoiser.bytes, 'unet', { maps: 2, depth: 3 });

    const tsne = { layer: 'logits', count: 60, iterations: 50, perplexity: 5, trainCount: 500, epochs: 1 };
    const embedded = await exported('tsne', tsne, ['network', undefined]);
    await pictureCase('t-SNE, the network that is embedded', embedded.bytes, 'mlp', { widths: [784, 128, 10] });

    const fit = await exported('regression', { steps: 300, units: 4, samples: 0 });
    writeFileSync(join(folder, 'regression.safetensors'), fit.bytes);
    const curve = fit.events.findLast((event) => event.type === 'curve' && event.chart === 'fit' && event.series === 'none');
    if (curve?.type !== 'curve') throw new Error('no curve');
    expected.push(Float32Array.from(curve.y));
    const input = { shape: [curve.x.length, 1], values: [...curve.x] };
    const options = { units: 4 };
    cases.push({ name: 'regression', file: 'regression.safetensors', prefix: 'none/', model: 'regression', options, input });

    writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
    const command = 'command' in python ? python.command : '';
    const script = join(import.meta.dirname, 'open_checkpoints.py');
    const found = JSON.parse(execFileSync(command, [script, folder], { encoding: 'utf8' })) as number[][];
    rmSync(folder, { recursive: true });
    expect(found).toHaveLength(cases.length);
    for (const [at, { name }] of cases.entries()) {
      const engine = expected[at] as Float32Array;
      expect(found[at], name).toHaveLength(engine.length);
      // Float32 on both sides: sums of up to 784 products in another order.
      const scale = Math.max(1, ...engine.map(Math.abs));
      for (const [i, value] of engine.entries())
        expect(Math.abs((found[at]?.[i] as number) - value), name).toBeLessThan(1e-4 * scale);
    }
  },
  120_000,
);
