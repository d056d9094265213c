/** Of several states of a training the one counts that is best on held-out data, by plain accuracy or by the worst group. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../engine/errors.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { groupScores } from '../../../engine/repair/groups.ts';
import { lastLayerRetraining } from '../../../engine/repair/last-layer.ts';
import { heldOutScore, lookEvery } from '../../../engine/repair/model-selection.ts';
import { groupDro, reweighting } from '../../../engine/repair/reweighting.ts';
import { fitNetwork } from '../../../engine/repair/training.ts';
import { setDevice, type Tensor } from '../../../engine/tensor.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import { processorDevices } from '../core/devices.ts';
import { tabular } from './tabular.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const training = tabular(400, 1, 0.97);
const heldOut = tabular(200, 2, 0.8);
// A rate so high that accuracy goes up and down.
const options = { optimiser: { type: 'sgd', lr: 1.5 }, batchSize: 50, seed: 7 } as const;

test('looks are evenly spaced, the last at the end', () => {
  expect([lookEvery(63), lookEvery(64, 4), lookEvery(3, 4), lookEvery(10, 1)]).toEqual([16, 16, 1, 10]);
  expect(() => lookEvery(10, 0)).toThrow('select.looks');
});

test('the score is plain accuracy, or that of the worst group', () => {
  const evaluation = { count: 200, loss: 0, accuracy: 0.5, predictions: new Int32Array(200) };
  expect(heldOutScore(evaluation, { data: heldOut.data })).toBe(0.5);
  expect(heldOutScore(evaluation, heldOut)).toBe(0);
});

describe.each(opened)('model selection on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const build = () =>
    buildNetwork([{ type: 'linear', in: 3, out: 4 }, { type: 'relu' }, { type: 'linear', in: 4, out: 2 }], {
      inputShape: [3],
      rng: 3,
      device,
    });
  const scoreOf = async (network: Network, by: 'accuracy' | 'worst group') => {
    const { accuracy, predictions } = await evaluate(network, heldOut.data);
    return by === 'accuracy' ? accuracy : groupScores(predictions as Int32Array, heldOut.labels, heldOut.groups).worst;
  };

  test.each(['accuracy', 'worst group'] as const)('keeps the best of the states by %s, of equals the later', async (by) => {
    const states: { step: number; score: number; weights: Float32Array }[] = [];
    for (const step of [3, 6, 9, 11]) {
      const network = build();
      await fitNetwork(network, training.data, { ...options, steps: step });
      states.push({ step, score: (await scoreOf(network, by)) as number, weights: await network.arena.flat.data() });
      network.dispose();
    }
    const best = states.reduce((a, b) => (b.score >= a.score ? b : a));
    // Otherwise this would not tell the best from the last.
    expect(best.step).toBeLessThan(11);
    const network = build();
    const select = { data: heldOut.data, ...(by === 'worst group' && { groups: heldOut.groups }) };
    const fit = await fitNetwork(network, training.data, { ...options, steps: 11, select });
    expect(fit.steps).toBe(11);
    expect(fit.selected).toEqual({ step: best.step, score: best.score });
    expect(await network.arena.flat.data()).toEqual(best.weights);
    network.dispose();
  });

  test('serves methods with losses of their own, and wants labels and groups', async () => {
    for (const method of [reweighting, groupDro]) {
      const network = build();
      const { selected } = await method(network, training.data, {
        ...options,
        steps: 8,
        groups: training.groups,
        select: { data: heldOut.data },
      });
      expect(await scoreOf(network, 'accuracy')).toBe(selected?.score);
      network.dispose();
    }
    const network = build();
    const select = { data: heldOut.data, groups: [0, 1] };
    await expect(fitNetwork(network, training.data, { ...options, select })).rejects.toThrow(ConfigError);
    network.dispose();
  });

  test('chooses the penalty of a last layer on half of the data', async () => {
    const network = build();
    await fitNetwork(network, training.data, { ...options, optimiser: { type: 'sgd', lr: 0.1 }, epochs: 4 });
    const { groups } = heldOut;
    const fit = { optimiser: { type: 'sgd', lr: 0.1 }, steps: 60 } as const;
    const size = async (of: Network) =>
      (await (of.parameters().at(-2) as Tensor).data()).reduce((total, weight) => total + Math.abs(weight), 0);
    for (const l1 of [
      [3, 0],
      [0, 3],
    ]) {
      const chosen = await lastLayerRetraining(network, heldOut.data, { groups, draws: 2, l1, fit });
      expect(chosen.l1).toBe(0);
      const other = await lastLayerRetraining(network, heldOut.data, { groups, draws: 2, l1: 3, fit });
      expect(await size(other.network)).toBeLessThan(0.5 * (await size(chosen.network)));
      for (const each of [chosen, other]) each.network.dispose();
    }
    await expect(lastLayerRetraining(network, heldOut.data, { groups, l1: [] })).rejects.toThrow('l1');
    network.dispose();
  });
});
