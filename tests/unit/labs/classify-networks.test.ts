/** The classify lab's networks, search spaces and checkpoint settings. */
import { describe, expect, it } from 'vitest';
import { doubleSoftmaxFloor } from '../../../apps/labs/classify/charts.ts';
import { parseLayers } from '../../../apps/labs/classify/layers.ts';
import { type Config, networkOf } from '../../../apps/labs/classify/networks.ts';
import { definition, networks, schema } from '../../../apps/labs/classify/schema.ts';
import { gridTrials, parseSpace, randomTrials, singleTrials, trialName } from '../../../apps/labs/classify/space.ts';
import { readLink, writeLink } from '../../../apps/runtime/link.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { checkValue } from '../../../apps/runtime/values.ts';
import { settingsOfCheckpoint } from '../../../apps/shell/settings-of-checkpoint.ts';
import { validateNetwork } from '../../../engine/nn/validate.ts';

const configOf = (values: Partial<Config>): Config => ({ ...defaults(schema), ...values });

describe('networks', () => {
  it('fit every size of picture, with and without what regularises them', () => {
    for (const network of networks.filter((name) => name !== 'custom')) {
      for (const inputShape of [
        [28, 28, 1],
        [32, 32, 3],
        [19, 23, 3],
      ]) {
        for (const regular of ['as published', 'on', 'off'] as const) {
          for (const skips of [true, false]) {
            const config = configOf({ network, batchNorm: regular, dropout: regular, skips, filters: 4, units: 12, depth: 3 });
            const { errors, layers } = validateNetwork(networkOf(config, inputShape, 7), inputShape);
            expect(errors, `${network} ${inputShape} ${regular}`).toEqual([]);
            expect(layers.at(-1)?.outputShape).toEqual([7]);
          }
        }
      }
    }
  });

  it('have the parameter counts of their sources', () => {
    const count = (values: Partial<Config>, shape: readonly number[]) =>
      validateNetwork(networkOf(configOf(values), shape, 10), shape).parameters;
    expect(count({ network: 'mnist-cnn' }, [28, 28, 1])).toBe(2_770_634);
    expect(count({ ...definition.presets['LAB01 MLP']?.values }, [28, 28, 1])).toBe(55_050);
    expect(count({ ...definition.presets['LAB01 residual MLP']?.values }, [28, 28, 1])).toBe(130_122);
    expect(count({ ...definition.presets['LAB01 CNN']?.values }, [32, 32, 3])).toBe(746_698);
  });

  it('keep dropout, batch norm and the last ReLU as the author has them until told otherwise', () => {
    const types = (values: Partial<Config>) =>
      networkOf(configOf(values), [32, 32, 3], 10)
        .flatMap((layer) => ('layers' in layer ? [layer, ...layer.layers] : [layer]))
        .map((layer) => (layer.type === 'dropout' || layer.type === 'dropout2d' ? `${layer.type} ${layer.p}` : layer.type));
    expect(types({ network: 'skip-mlp' })).toContain('dropout 0.5');
    expect(types({ network: 'skip-mlp', dropout: 'off' }).join()).not.toContain('dropout');
    expect(types({ network: 'cnn' })).toEqual(expect.arrayContaining(['dropout2d 0.3', 'batchnorm2d']));
    expect(types({ network: 'cnn', batchNorm: 'off' })).not.toContain('batchnorm2d');
    expect(types({ network: 'cnn' }).slice(-3)).toEqual(['relu', 'globalavgpool2d', 'flatten']);
    expect(types({ network: 'cnn', lastRelu: false }).slice(-3)).toEqual(['conv2d', 'globalavgpool2d', 'flatten']);
    expect(types({ network: 'mnist-cnn' }).join()).not.toMatch(/dropout|batchnorm|softmax/);
    expect(types({ network: 'mnist-cnn', dropout: 'on', p: 0.2 })).toEqual(
      expect.arrayContaining(['dropout2d 0.2', 'dropout 0.2']),
    );
    expect(types({ network: 'mlp', softmaxFirst: true }).at(-1)).toBe('softmax');
  });
});

describe('a search space', () => {
  it('is refused where it names what cannot vary or values out of range', () => {
    const refusal = (value: unknown) => checkValue(schema.space, value, 'fallback').note ?? '';
    expect(refusal({ rate: [0.1] })).toBe('');
    expect(refusal([])).toMatch(/must be an object/);
    expect(refusal({})).toMatch(/at least one/);
    expect(refusal({ colour: ['red'] })).toMatch(/cannot vary 'colour'; use rate, batch/);
    expect(refusal({ batch: [1.5] })).toMatch(/'batch' must be a list of whole numbers from 1 to 1024/);
    expect(refusal({ rate: [-1] })).toMatch(/'rate' must be a list of numbers/);
    expect(refusal({ optimiser: ['lion'] })).toMatch(/adam, adamw, sgd/);
    expect(refusal({ rate: 0.1 })).toMatch(/'rate' must be a list/);
  });

  it('gives every combination to a grid, and at most a hundred', () => {
    const trials = gridTrials(parseSpace({ rate: [0.1, 0.01], optimiser: ['adam', 'sgd'], batch: [32] }));
    expect(trials).toHaveLength(4);
    expect(new Set(trials.map((trial) => JSON.stringify(trial))).size).toBe(4);
    expect(trials[1]).toEqual({ rate: 0.1, optimiser: 'sgd', batch: 32 });
    const many = Array.from({ length: 11 }, (_, i) => i + 1);
    expect(() => gridTrials({ batch: many, epochs: many })).toThrow(/121 points/);
  });

  it('is drawn from evenly on a logarithmic scale', () => {
    let state = 1;
    const uniform = () => {
      state = (state * 16807) % 2147483647;
      return state / 2147483647;
    };
    const trials = randomTrials({ rate: [1e-4, 1], batch: [8, 512], skips: [true, false] }, 400, uniform);
    const rates = trials.map(({ rate }) => rate as number);
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-4);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1);
    const below = rates.filter((rate) => rate < 1e-2).length / rates.length;
    expect(below).toBeGreaterThan(0.42);
    expect(below).toBeLessThan(0.58);
    expect(trials.every(({ batch }) => Number.isInteger(batch))).toBe(true);
    expect(new Set(trials.map(({ skips }) => skips)).size).toBe(2);
  });
});

it('carries own layers and a search space through a link', () => {
  const layers = [{ type: 'flatten' }, { type: 'linear', in: 784, out: 10 }];
  const config = configOf({ network: 'custom', layers, search: 'grid', space: { rate: [0.1, 0.2] } });
  const { state, notes } = readLink(definition, writeLink(definition, { preset: 'full', config }));
  expect(notes).toEqual([]);
  expect(state.config).toMatchObject({ layers, space: { rate: [0.1, 0.2] }, network: 'custom' });
  expect(() => parseLayers([{ in: 3 }])).toThrow(/layer 0/);
  expect(() => parseLayers('linear')).toThrow(/list/);
});

it('knows the floor of a softmax before the cross-entropy', () => {
  expect(doubleSoftmaxFloor(10)).toBeCloseTo(1.4612, 4);
});

it('tries the settings as they are, then one factor at a time', () => {
  expect(singleTrials({ rate: [0.1, 0.2], batch: [16] })).toEqual([{}, { rate: 0.1 }, { rate: 0.2 }, { batch: 16 }]);
  expect(trialName({})).toBe('as it is');
  expect(() => singleTrials({ rate: Array(100).fill(0.1) })).toThrow(/101 trials/);
});

it('builds LAB01’s CNNs from a list of widths', () => {
  const imagenette = networkOf(configOf(definition.presets['Imagenette CNN']?.values ?? {}), [224, 224, 3], 10);
  expect(validateNetwork(imagenette, [224, 224, 3]).errors).toEqual([]);
  expect(validateNetwork(imagenette, [224, 224, 3]).parameters).toBe(81_802);
  const cifar = networkOf(configOf({ network: 'cnn', widths: '64, 128 256;128 64' }), [32, 32, 3], 10);
  expect(validateNetwork(cifar, [32, 32, 3]).parameters).toBe(746_698);
});

it('finds no settings in a file that is no checkpoint', () => {
  expect(settingsOfCheckpoint(new Uint8Array([1, 2, 3]), 'classify')).toBeUndefined();
  expect(settingsOfCheckpoint(new Uint8Array(64).fill(255), 'classify')).toBeUndefined();
});
