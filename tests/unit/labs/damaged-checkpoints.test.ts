/** A checkpoint that a run cannot go on from is refused by an error that says what it lacks, in every lab that goes on from one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { experiments } from '../../../apps/labs/experiments.ts';
import type { CheckpointEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from '../../../engine/io/safetensors.ts';

const packs = join(dataFolder, 'packs');

// biome-ignore lint/suspicious/noExplicitAny: what is damaged has no type.
type Json = any;
type Tensors = Map<string, SafetensorsTensor>;

/** Edits what a file says under a key of its metadata, in place or by another value. */
const json = (key: string, edit: (value: Json) => Json) => (_: Tensors, metadata: Record<string, string>) => {
  const value = JSON.parse(metadata[key] as string);
  metadata[key] = JSON.stringify(edit(value) ?? value);
};
const text = (key: string, value: string) => (_: Tensors, metadata: Record<string, string>) => {
  metadata[key] = value;
};
const without = (name: string) => (tensors: Tensors) => {
  expect(tensors.delete(name), name).toBe(true);
};
const set = (path: string, to: unknown) => (value: Json) => {
  const names = path.split('/');
  const last = names.pop() as string;
  const inside = names.reduce((of, name) => of[name], value);
  expect(last in inside, path).toBe(true);
  inside[last] = to;
};
/** JSON has nothing for undefined. */
const drop = (path: string) => set(path, undefined);

type Damage = readonly [said: RegExp, edit: (tensors: Tensors, metadata: Record<string, string>) => void];

const labs: Readonly<Record<string, { readonly config: object; readonly damages: readonly Damage[] }>> = {
  regression: {
    config: { steps: 40, evalEvery: 5, units: 4, samples: 2, setting: 'early stopping' },
    damages: [
      [/the counts of 'early stopping'/, json('chalkgrad', drop('parts/early stopping/notes'))],
      [/the counts of 'early stopping'/, json('chalkgrad', drop('parts/early stopping/notes/counts/watch'))],
      [/4 values of 'early stopping\/0.bias'/, without('early stopping/0.bias')],
      [/4 values of 'early stopping\/callback.best.0.bias'/, without('early stopping/callback.best.0.bias')],
      [/1 values of 'early stopping\/2.bias'/, (tensors) => tensors.set('early stopping/2.bias', of(3))],
    ],
  },
  classify: {
    config: { network: 'mlp', units: 4, images: 100, validationImages: 20, testImages: 20, epochs: 1 },
    damages: [
      [/what the run has told/, json('chalkgrad', drop('notes/told/epochs'))],
      [/what the run has told/, json('chalkgrad', (value) => ({ ...value, notes: { told: 7 } }))],
    ],
  },
  'failure-modes': {
    config: { images: 500, testImages: 200, epochs: 1, batch: 64, nodes: 1 },
    damages: [
      [/the tainted network/, json('chalkgrad', drop('parts/tainted'))],
      [/the latest losses of the clean network/, json('chalkgrad', drop('notes/losses'))],
      [/the latest losses of the tainted network/, json('chalkgrad', drop('notes/losses/tainted'))],
      [
        /both networks at one step, found 0 and 8/,
        json('chalkgrad', set('parts/clean/training/progress', { step: 0, epoch: 0, position: 0, lossSum: 0, lossCount: 0 })),
      ],
    ],
  },
  denoise: {
    config: { images: 16, testImages: 16, maps: 2, depth: 1, batch: 8, epochs: 1, training: 'MNIST' },
    damages: [
      [/the latest losses of the training on MNIST/, json('chalkgrad', drop('notes/losses'))],
      [/the latest losses of the training on MNIST/, json('chalkgrad', set('notes/losses/MNIST', ['1']))],
    ],
  },
  tsne: {
    config: { count: 60, iterations: 260, perplexity: 6 },
    damages: [
      [/an iteration of the maps/, (_, metadata) => delete metadata.iteration],
      [/an iteration of the maps/, text('iteration', '1.5')],
      [/an iteration of the maps/, text('until', 'x')],
      [/the progress of each map/, text('progress', '0.5')],
    ],
  },
  masktune: {
    config: { images: 500, testImages: 200, width: 4, epochs: 1, batch: 128 },
    damages: [
      [/a JSON object in the metadata 'chalkgrad.masktune'/, text('chalkgrad.masktune', '{')],
      [/complete results/, json('chalkgrad.masktune', drop('reached'))],
      [/complete results/, json('chalkgrad.masktune', drop('reached/models'))],
      [/the seed of the first training/, json('chalkgrad.masktune', drop('seed'))],
      [/the network of 'topK 0.1'/, without('model topK 0.1')],
      [/bytes of 'erm', found F32/, (tensors) => tensors.set('erm', of(3))],
    ],
  },
  mode: {
    config: {
      images: 600,
      testImages: 200,
      rounds: 1,
      repairImages: 60,
      epochs: 1,
      seeds: 1,
      compare: 'one method',
      layers: 'off',
    },
    damages: [
      [/a JSON object in the metadata 'chalkgrad'/, text('chalkgrad', '{')],
      [/a JSON object in the metadata 'mode'/, text('mode', '[]')],
      [/complete repairs/, text('mode', '{}')],
      [/complete repairs/, json('mode', set('repairs/0/rounds', []))],
      [/complete repairs/, json('mode', drop('layers'))],
    ],
  },
};

const of = (size: number): SafetensorsTensor => ({ dtype: 'F32', shape: [size], data: new Float32Array(size) });

/** Runs a lab. @returns the checkpoints that it goes on from, and its notes */
async function run(id: string, checkpoint?: Uint8Array) {
  const experiment = await experiments.get(id)?.();
  if (!experiment) throw new Error('no experiment');
  const checkpoints: CheckpointEvent[] = [];
  const notes: string[] = [];
  const { runner } = await runInNode(experiment, {
    environment: nodeEnvironment(packs),
    device: 'wasm',
    config: (labs[id] as (typeof labs)[string]).config as Record<string, unknown>,
    ...(checkpoint ? { checkpoint } : {}),
    onEvent(event) {
      if (event.type === 'checkpoint' && event.name === experiment.resumes) checkpoints.push(structuredClone(event));
      if (event.type === 'status') notes.push(event.message);
    },
  });
  await runner.stop();
  return { checkpoints, notes };
}

const made = new Map<string, Promise<Uint8Array>>();
/** A sound checkpoint of a lab. */
function sound(id: string): Promise<Uint8Array> {
  const known = made.get(id) ?? run(id).then(({ checkpoints }) => checkpoints.at(-1)?.bytes as Uint8Array);
  made.set(id, known);
  return known;
}

const mnist = existsSync(join(packs, 'mnist-train.pack'));

describe.each(Object.entries(labs))('%s', (id, { damages }) => {
  it.skipIf(id !== 'regression' && !mnist)(
    'says what a damaged checkpoint lacks',
    async () => {
      const bytes = await sound(id);
      for (const [said, edit] of damages) {
        const { tensors, metadata } = readSafetensors(bytes);
        const [edited, about] = [new Map(tensors), { ...metadata }];
        edit(edited, about);
        const refused = run(id, writeSafetensors(edited, about));
        await expect(refused, String(said)).rejects.toMatchObject({ code: 'DATA_FORMAT', message: expect.stringMatching(said) });
      }
    },
    120_000,
  );

  it.skipIf(!mnist)(
    'refuses those of other labs',
    async () => {
      for (const other of ['regression', 'classify', 'tsne', 'masktune', 'mode']) {
        if (other === id) continue;
        const attempt = run(id, await sound(other));
        // Maps begin anew, and say so.
        if (id === 'tsne') expect((await attempt).notes.join()).toContain('belongs to other points');
        else await expect(attempt, other).rejects.toMatchObject({ code: expect.stringMatching(/^(DATA_FORMAT|CONFIG)$/) });
      }
    },
    120_000,
  );
});
