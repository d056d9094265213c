/** Layer types of one's own: in definitions, errors, training and checkpoints. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ArgumentError, ConfigError } from '../../../engine/errors.ts';
import {
  buildNetwork,
  type LayerDefinition,
  LayerError,
  Module,
  ParameterSlot,
  registerLayer,
  sameBorder,
  validateNetwork,
} from '../../../engine/nn/index.ts';
import { mul } from '../../../engine/ops/index.ts';
import { type Shape, setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { networkFrom, saveNetwork } from '../../../engine/train/checkpoint.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { availableDevices } from '../core/devices.ts';

interface ScaleOptions {
  readonly times: number;
}

/** y = times · f · x with one learned factor f. */
class Scale extends Module {
  readonly type = 'scale';
  readonly times: number;
  readonly factor: ParameterSlot;

  constructor({ times }: ScaleOptions, shape: Shape) {
    if (shape.length !== 1) throw new LayerError('it takes features [F]');
    super(shape, shape);
    this.times = times;
    this.factor = new ParameterSlot({ name: 'factor', role: 'scale', shape: [1], border: () => sameBorder([1]) });
    this.ownParameters.push(this.factor);
  }

  protected override compute(x: Tensor): Tensor {
    return mul(mul(x, this.factor.tensor), this.times);
  }
}

const scale = registerLayer('scale', {
  fields: { required: { times: 'number' } },
  create: (options: ScaleOptions, shape) => new Scale(options, shape),
});

describe.each(await availableDevices())('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  it('is built, trained, saved and read', async () => {
    const definition: LayerDefinition[] = [scale({ times: 2, name: 'twice' }), { type: 'relu' }];
    const network = buildNetwork(definition, { inputShape: [2], rng: 0, device });
    expect(network.namedParameters().map(([name]) => name)).toEqual(['0.factor']);
    network.parameters()[0]?.write(Float32Array.of(1.5));
    expect([...(await network.forward(tensor([[1, -2]])).data())]).toEqual([3, 0]);
    expect(network.layer('twice').type).toBe('scale');
    // (2 f − 3)² with f = 1: its slope is 2 · (2 − 3) · 2 = −4, so that f = 1 + 0.1 · 4 / 2 outputs.
    network.parameters()[0]?.write(Float32Array.of(1));
    const data = arrayData({ values: Float32Array.of(1, 0), shape: [2] }, { values: Float32Array.of(3, 0), shape: [2] });
    using trainer = new Trainer({ network, data, loss: 'mse', optimiser: { type: 'sgd', lr: 0.1 }, steps: 1 });
    await trainer.advance(1);
    expect((await network.parameters()[0]?.data())?.[0]).toBeCloseTo(1.2, 6);
    const again = networkFrom(await saveNetwork(network));
    expect((await again.parameters()[0]?.data())?.[0]).toBeCloseTo(1.2, 6);
    expect(again.definition).toEqual(JSON.parse(JSON.stringify(definition)));
  });

  it('is checked like every layer', () => {
    const messages = (layers: unknown, shape: Shape) => validateNetwork(layers, shape).errors.map(({ message }) => message);
    expect(messages([{ type: 'scale' }], [2])).toEqual(["layer 0 (scale): 'times' is missing"]);
    expect(messages([{ type: 'scale', times: 1, b: 2 }], [2])).toEqual([
      "layer 0 (scale): 'b' is not a field of scale; it has name, init, times",
    ]);
    expect(messages([{ type: 'flatten' }, { type: 'Scale', times: 1 }], [2, 2, 1])).toEqual([]);
    expect(messages([{ type: 'scale', times: 1 }], [2, 2, 1])).toEqual(['layer 0 (scale): it takes features [F]']);
    expect(messages([{ type: 'scael', times: 1 }], [2])[0]).toMatch(/'scael' is not a layer type; use one of linear, .*scale/);
  });
});

it('says what is wrong with a registration', () => {
  const create = () => new Scale({ times: 1 }, [1]);
  expect(() => registerLayer('linear', { create })).toThrow(/'linear' is a layer of the engine; choose another name/);
  expect(() => registerLayer('Scale', { create })).toThrow(ConfigError);
  expect(() => registerLayer('mine', {} as never)).toThrow(ArgumentError);
  registerLayer('nothing', { create: () => ({}) as never });
  expect(() => validateNetwork([{ type: 'nothing' }], [2])).toThrow(/create of 'nothing' must return a Module/);
});
