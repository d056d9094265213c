/** What is changed while a MaskTune run goes: a fine-tuning and its control are made with the same settings, whatever the controls say later. */
import { describe, expect, it } from 'vitest';
import { CONTROL, type MaskTuning } from '../../../apps/labs/masktune/experiment.ts';
import type { Config } from '../../../apps/labs/masktune/studio.ts';
import { takeTuned } from '../../../apps/labs/masktune/taken.ts';
import type { Answer } from '../../../apps/runtime/contract.ts';
import type { CheckpointEvent } from '../../../apps/runtime/events.ts';
import type { Change } from '../../../apps/runtime/runner.ts';
import { mnist, runTiny } from './masktune-run.ts';

const run = (config: Partial<Config>, changes: readonly Change[], checkpoint?: Uint8Array) =>
  runTiny({ hard: false, ...config }, { changes, ...(checkpoint ? { checkpoint } : {}) });

describe.skipIf(!mnist)('a reader who changes the masks on the way', () => {
  const first = { step: 2, values: { rule: 'threshold', strength: 0.5, tuneEpochs: 2 } };
  const second = { step: 7, values: { rule: 'mean', strength: 0.3 } };

  it('gets the control of the fine-tuning that was made, its pictures, and a total that is reached', async () => {
    const { result, store, events, runner } = await run({}, [first, second]);
    const [own, control] = result.masks;
    expect([own?.rule, control?.rule]).toEqual(['threshold 0.5', CONTROL]);
    // Soft masks of as many cells hide as many pixels.
    expect(control?.hidden).toBeCloseTo(own?.hidden as number, 5);
    expect(result.models.map(({ name }) => name)).toEqual(['ERM', 'threshold 0.5, η = 0.003, 2 epochs', CONTROL]);
    const alike = await run({ rule: 'threshold', strength: 0.5, tuneEpochs: 2 }, []);
    expect(result.masks).toEqual(alike.result.masks);
    expect(store.data.get('looks')).toEqual(alike.store.data.get('looks'));
    expect(store.step).toMatchObject({ step: 25, total: 25 });
    // A run that goes on between the two keeps to them, whatever its controls say.
    const between = events
      .filter((event): event is CheckpointEvent => event.type === 'checkpoint' && event.name === 'run')
      .at(-2)?.bytes;
    const again = await run({ rule: 'mean', strength: 0.3 }, [], between);
    expect(again.result.masks).toEqual(result.masks);
    // Fine-tuned once more: the new network is in every table and among the files, and the finding stays with the one that has a control.
    const { name, told } = (await again.runner.request('tune', undefined)) as Answer<MaskTuning['requests']['tune']>;
    takeTuned(again.store, told);
    expect(name).toBe('mean 0.3, η = 0.003');
    const rowsOf = (table: string) => again.store.tables.get(table)?.map((row) => Object.values(row)[0]);
    expect(again.store.data.get('models')?.map((model) => model.name)).toContain(name);
    expect(rowsOf('models')).toContain(name);
    expect(rowsOf('masks')).toContain('mean 0.3');
    expect(again.store.checkpoints.has(`model ${name}`)).toBe(true);
    for (const one of [runner, alike.runner, again.runner]) await one.stop();
  }, 300_000);
});
