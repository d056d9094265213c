import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, DataFormatError } from '../../../engine/errors.ts';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { setDevice, tensor } from '../../../engine/tensor.ts';
import { readBundle, writeBundle } from '../../../engine/train/bundle.ts';
import { stopEarly } from '../../../engine/train/callbacks.ts';
import { networkFrom, readCheckpoint, saveNetwork, writeCheckpoint } from '../../../engine/train/checkpoint.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { TrainerConfig } from '../../../engine/train/types.ts';
import { VERSION } from '../../../engine/train/version.ts';
import { blobs, devices, small } from './setup.ts';

const opened = await devices();
const device = (opened[0] as (typeof opened)[number])[1];
beforeAll(() => setDevice(device));
afterAll(() => {
  for (const [, other] of opened) other.destroy();
});

const data = blobs(40);
const make = (change: Partial<TrainerConfig> = {}) =>
  new Trainer({
    network: buildNetwork(small, { inputShape: [6, 6, 2], rng: 1, device }),
    data,
    loss: 'crossEntropy',
    optimiser: { type: 'adam', lr: 0.01 },
    epochs: 2,
    batchSize: 16,
    ...change,
  });

describe('checkpoints', () => {
  test('name the version of the package', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(VERSION).toBe(manifest.version);
  });

  test('hold weights and moments under PyTorch’s names, and the rest as JSON', async () => {
    const run = make();
    await run.advance(4);
    const bytes = await run.checkpoint();
    const { tensors, metadata } = readSafetensors(bytes);
    expect(tensors.get('0.weight')?.shape).toEqual([6, 2, 3, 3]);
    expect(tensors.get('optimizer.exp_avg.6.weight')?.shape).toEqual([16, 54]);
    expect(tensors.get('optimizer.exp_avg_sq.9.bias')?.shape).toEqual([3]);
    expect(tensors.has('optimizer.exp_avg.1.running_mean')).toBe(false);
    expect(metadata.format).toBe('pt');
    const training = readCheckpoint(bytes).metadata.training;
    expect(training?.progress).toMatchObject({ step: 4, epoch: 1, position: 16 });
    expect(training?.optimiser).toMatchObject({ steps: 4, config: { type: 'adam', lr: 0.01, eps: 1e-8 } });
    expect(training?.data.count).toBe(40);
    expect(await run.checkpoint()).toEqual(bytes);
    run.dispose();
  });

  test('a network travels alone or out of a training run', async () => {
    const run = make();
    await run.advance(2);
    const x = tensor(new Float32Array(72).fill(0.5), [1, 6, 6, 2]);
    const expected = await run.network.eval().forward(x).data();
    const alone = networkFrom(await saveNetwork(run.network, { lab: 'test' }));
    expect(alone.training).toBe(false);
    expect(await alone.forward(x).data()).toEqual(expected);
    expect(
      await networkFrom(await run.checkpoint())
        .forward(x)
        .data(),
    ).toEqual(expected);
    expect(readCheckpoint(await saveNetwork(run.network, { lab: 'test' })).metadata.notes).toEqual({ lab: 'test' });
    run.dispose();
  });

  test('another run’s checkpoint is refused and changes nothing', async () => {
    const run = make();
    await run.advance(1);
    const bytes = await run.checkpoint();
    const others: [Partial<TrainerConfig>, string][] = [
      [{ optimiser: { type: 'adam', lr: 0.02 } }, 'optimiser'],
      [{ optimiser: { type: 'sgd', lr: 0.01 } }, 'optimiser'],
      [{ batchSize: 8 }, 'order'],
      [{ seed: 9 }, 'order'],
      [{ data: blobs(40, 3) }, 'data'],
      [
        { network: buildNetwork([...small.slice(0, 9), { type: 'linear', in: 16, out: 4 }], { inputShape: [6, 6, 2], rng: 1 }) },
        'network',
      ],
    ];
    for (const [change, path] of others) {
      const other = make(change);
      const before = await other.network.stateDict();
      expect(() => other.load(bytes)).toThrow(ConfigError);
      expect(() => other.load(bytes)).toThrow(new RegExp(`^${path}: this run has`));
      expect(await other.network.stateDict()).toEqual(before);
      other.dispose();
    }
    expect(() => make().load(new Uint8Array(0))).toThrow(DataFormatError);
  });

  test('damaged files are refused, with where', async () => {
    const run = make();
    await run.advance(1);
    const bytes = await run.checkpoint();
    for (const end of [0, 5, 100, bytes.length - 1]) expect(() => make().load(bytes.slice(0, end))).toThrow(DataFormatError);
    const { tensors, metadata } = readSafetensors(bytes);
    const rewritten = (change: Record<string, string>) => writeSafetensors(tensors, { ...metadata, ...change });
    expect(() => readCheckpoint(writeSafetensors(tensors, {}))).toThrow("metadata 'chalkgrad'");
    expect(() => readCheckpoint(rewritten({ chalkgrad: '{' }))).toThrow(DataFormatError);
    expect(() => readCheckpoint(rewritten({ chalkgrad: '{"format":2}' }))).toThrow('format 1, found 2');
    expect(() => readCheckpoint(rewritten({ chalkgrad: '{"format":1}' }))).toThrow('a network definition');
    const without = new Map(tensors);
    without.delete('optimizer.exp_avg.9.bias');
    expect(() => make().load(writeSafetensors(without, metadata))).toThrow(
      "lacks the tensor 'optimizer.exp_avg.9.bias' of 3 values",
    );
    without.set(
      'optimizer.exp_avg.9.bias',
      tensors.get('optimizer.exp_avg.9.bias') as NonNullable<ReturnType<typeof tensors.get>>,
    );
    without.delete('9.bias');
    expect(() => make().load(writeSafetensors(without, metadata))).toThrow("lacks '9.bias'");
    const alone = await saveNetwork(run.network);
    expect(() => make().load(alone)).toThrow('holds a network but no training state');
    run.dispose();
  });

  test('a training state that no run could have written is refused and changes nothing', async () => {
    const run = make();
    await run.advance(4);
    const { metadata, state, extra } = readCheckpoint(await run.checkpoint());
    const training = metadata.training as NonNullable<typeof metadata.training>;
    const { progress, optimiser, random, order } = training;
    const other = make();
    const before = await other.network.stateDict();
    const edits: Record<string, unknown>[] = [
      ...Object.keys(training).map((key) => ({ [key]: undefined })),
      ...Object.keys(progress).map((key) => ({ progress: { ...progress, [key]: undefined } })),
      { lr: null },
      { callbacks: [] },
      { optimiser: { ...optimiser, steps: 'x' } },
      { optimiser: { ...optimiser, parameterSteps: { '9.bias': -1 } } },
      { random: { ...random, transform: undefined } },
      { random: { ...random, dropout: { ...random.dropout, step: 0.5 } } },
      { order: { ...order, batchSize: 0 } },
      { progress: { ...progress, position: 1e9 } },
      { progress: { ...progress, position: 17 } },
      { progress: { ...progress, epoch: 0 } },
    ];
    for (const edit of edits) {
      const edited = { ...metadata, training: { ...training, ...edit } as typeof training };
      const bytes = writeCheckpoint({ metadata: edited, state, extra });
      expect(() => other.load(bytes), JSON.stringify(edit)).toThrow(DataFormatError);
      const parts = new Map([['one', { metadata: edited, state, extra }]]);
      expect(() => readBundle(writeBundle({ parts, notes: {} }))).toThrow("a complete training state of 'one'");
    }
    expect(await other.network.stateDict()).toEqual(before);
    expect(other.progress.step).toBe(0);
    other.load({ metadata, state, extra });
    expect(other.progress.step).toBe(4);
    run.dispose();
    other.dispose();
  });

  test('a state of early stopping that none could go on from is refused and changes nothing', async () => {
    const stopping = (more: Partial<TrainerConfig> = {}) =>
      make({ validation: blobs(20, 2), callbacks: [stopEarly({ patience: 5 })], ...more });
    const run = stopping();
    await run.advance(3);
    const { metadata, state, extra } = readCheckpoint(await run.checkpoint());
    const training = metadata.training as NonNullable<typeof metadata.training>;
    const saved = training.callbacks['early stopping'];
    expect(saved).toMatchObject({ best: expect.any(Number), waited: 0 });
    const callback = stopEarly({ patience: 5 });
    const other = stopping({ callbacks: [callback] });
    const before = await other.network.stateDict();
    const refused = async (json: unknown, arrays: typeof extra, error: typeof DataFormatError | typeof ConfigError) => {
      const edited = { ...metadata, training: { ...training, callbacks: { 'early stopping': json } } };
      const bytes = writeCheckpoint({ metadata: edited, state, extra: arrays });
      expect(() => other.load(bytes), JSON.stringify(json)).toThrow(error);
      expect(callback.watcher.state).toEqual({ best: null, waited: 0 });
      expect(await other.network.stateDict()).toEqual(before);
    };
    const states = [null, 7, [], {}, { best: 1 }, { waited: 0 }, { best: 'x', waited: 0 }, { best: 1, waited: -1 }];
    for (const json of states) await refused(json, extra, DataFormatError);
    const weights = 'callback.early stopping.parameters';
    const lacking = new Map(extra);
    lacking.delete(weights);
    await refused(saved, lacking, DataFormatError);
    const short = new Map(extra).set(weights, { shape: [3], data: new Float32Array(3) });
    await refused(saved, short, ConfigError);
    const ended = { ...metadata, training: { ...training, stopped: 7 as unknown as string } };
    expect(() => other.load(writeCheckpoint({ metadata: ended, state, extra }))).toThrow(DataFormatError);
    other.load({ metadata, state, extra });
    expect(callback.watcher.state).toEqual(saved);
    run.dispose();
    other.dispose();
  });

  test('moves between devices', async () => {
    for (const [, other] of opened) {
      const run = make();
      await run.advance(3);
      setDevice(other);
      const moved = make({ network: buildNetwork(small, { inputShape: [6, 6, 2], rng: 9, device: other }) });
      moved.load(await run.checkpoint());
      const steps = (await moved.advance(3)).flatMap((e) => (e.type === 'step' ? [e] : []));
      setDevice(device);
      const expected = (await run.advance(3)).flatMap((e) => (e.type === 'step' ? [e] : []));
      expect(steps.map(({ step }) => step)).toEqual(expected.map(({ step }) => step));
      for (const [i, { loss }] of steps.entries()) expect(loss).toBeCloseTo(expected[i]?.loss as number, 4);
      run.dispose();
      moved.dispose();
    }
  });
});
