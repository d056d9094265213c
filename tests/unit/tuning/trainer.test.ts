/** A trainer tunes where it is asked to, once, before its first recorded step. */
import { describe, expect, it } from 'vitest';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import type { TuneMode } from '../../../engine/device/tuning/tune.ts';
import { Network } from '../../../engine/nn/network.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { blobs, devices, freshDevice, small } from '../train/setup.ts';

async function train(device: RecordingDevice, tune?: TuneMode) {
  const network = new Network(small, [6, 6, 2], device, 1);
  const trainer = new Trainer({
    network,
    data: blobs(64),
    loss: 'crossEntropy',
    optimiser: { type: 'adam', lr: 0.01 },
    steps: 6,
    batchSize: 16,
    ...(tune ? { tune } : {}),
  });
  const phases: string[] = [];
  const losses: number[] = [];
  for (const steps of [3, 3]) {
    for await (const event of trainer.run({ steps })) {
      if (event.type === 'phase') phases.push(event.name);
      if (event.type === 'step') losses.push(event.loss);
    }
  }
  trainer.dispose();
  return { losses, tunings: phases.filter((name) => name === 'tune kernels').length };
}

describe.each(await devices())('on %s', (choice) => {
  it('nothing is measured unless asked', async () => {
    const device = await freshDevice(choice);
    expect(device.tuning).toBeUndefined();
    expect((await train(device)).tunings).toBe(0);
    expect((await train(device, 'off')).tunings).toBe(0);
    // These adapters' own table is all that a software adapter goes by.
    if (device.info.software) expect((await train(device, 'measure')).tunings).toBe(0);
    expect(device.choices?.table).toBeUndefined();
  });

  it('it is measured once, and the losses stay what they were', async () => {
    const device = await freshDevice(choice);
    const plain = await train(device);
    device.tuning = { mode: 'force', budgetMs: 300, warn: (message) => expect.fail(message) };
    const tuned = await train(device);
    expect(tuned.tunings).toBe(choice === 'cpu' ? 0 : 1);
    expect(device.choices?.table !== undefined).toBe(choice !== 'cpu');
    expect(tuned.losses.length).toBe(6);
    for (const [i, loss] of tuned.losses.entries()) expect(loss).toBeCloseTo(plain.losses[i] as number, 3);
    expect((await train(device, 'off')).tunings, 'the trainer has the last word').toBe(0);
  });
});
