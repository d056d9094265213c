/** Class weights, label smoothing and an ignored label, against torch.nn.functional.cross_entropy (PyTorch 2, float32). */
import { beforeEach, describe, expect, it } from 'vitest';
import { grad } from '../../../engine/autodiff.ts';
import { ArgumentError, ConfigError, ShapeError } from '../../../engine/errors.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { type CrossEntropyOptions, crossEntropy, mul, type Reduction, sum } from '../../../engine/ops/index.ts';
import { setDevice, tensor } from '../../../engine/tensor.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { availableDevices } from '../core/devices.ts';

const rows = [
  [1, 2, -1],
  [0.5, -0.25, 3],
  [-2, 0, 1],
  [0.1, 0.2, 0.3],
];
const weight = [0.5, 2, 1.5];
const all: CrossEntropyOptions = { weight, labelSmoothing: 0.2, ignoreIndex: -100 };
const smoothing: CrossEntropyOptions = { labelSmoothing: 0.1 };
const ignore: CrossEntropyOptions = { ignoreIndex: -100 };

// biome-ignore format: a table; of 'none', the gradient is that of l_1 + 2 l_2 + 3 l_3 + 4 l_4.
const cases: [name: string, CrossEntropyOptions, Reduction, loss: number[], gradient: number[]][] = [
  ['weight', { weight }, 'mean', [0.79126], [0.086499, -0.098205, 0.011706, 0.018308, 0.008648, -0.026957, -0.080407, 0.021625, 0.058782, 0.100203, -0.222592, 0.122388]],
  ['weight', { weight }, 'sum', [4.74756], [0.518993, -0.589231, 0.070238, 0.109851, 0.05189, -0.161741, -0.482441, 0.129748, 0.352692, 0.601219, -1.33555, 0.734331]],
  ['weight', { weight }, 'none', [0.698024, 0.171143, 1.674506, 2.203886], [0.518993, -0.589231, 0.070238, 0.219702, 0.10378, -0.323482, -1.447321, 0.389245, 1.058077, 2.404877, -5.3422, 2.937323]],
  ['label smoothing', smoothing, 'mean', [1.268099], [0.056541, -0.056987, 0.000446, 0.009975, 0.000315, -0.01029, -0.224554, 0.056541, 0.168013, 0.066819, -0.150277, 0.083458]],
  ['label smoothing', smoothing, 'none', [0.482345, 0.305762, 3.182346, 1.101943], [0.226163, -0.227949, 0.001786, 0.079801, 0.00252, -0.082321, -2.694643, 0.678489, 2.016153, 1.069105, -2.404433, 1.335328]],
  ['an ignored label', ignore, 'mean', [1.599989], [0.086499, -0.098205, 0.011706, 0, 0, 0, -0.321627, 0.086499, 0.235128, 0.100203, -0.222592, 0.122388]],
  ['an ignored label', ignore, 'none', [0.349012, 0, 3.349012, 1.101943], [0.259496, -0.294615, 0.035119, 0, 0, 0, -2.894643, 0.778489, 2.116153, 1.202438, -2.6711, 1.468662]],
  ['all', all, 'mean', [1.044694], [0.100236, -0.092581, -0.007654, 0, 0, 0, -0.091093, 0.008814, 0.082279, 0.11729, -0.247373, 0.130083]],
  ['all', all, 'sum', [4.701125], [0.45106, -0.416616, -0.034444, 0, 0, 0, -0.409921, 0.039664, 0.370256, 0.527805, -1.11318, 0.585375]],
  ['all', all, 'none', [0.984823, 0, 1.666008, 2.050293], [0.45106, -0.416616, -0.034444, 0, 0, 0, -1.229762, 0.118993, 1.110769, 2.111218, -4.45272, 2.341501]],
];
const labelsOf = ({ ignoreIndex }: CrossEntropyOptions) => Int32Array.of(1, ignoreIndex ?? 2, 0, 1);

function expectClose(found: ArrayLike<number>, wanted: readonly number[]) {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs((found[i] as number) - value)).toBeLessThan(2e-6);
  });
}

describe.each(await availableDevices())('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  it.each(cases)('%s: %o, %s', async (_name, options, reduction, loss, gradient) => {
    const x = tensor(rows, undefined, { requiresGrad: true });
    const y = crossEntropy(x, tensor(labelsOf(options)), { ...options, reduction });
    expectClose(await y.data(), loss);
    const [gx] = grad(reduction === 'none' ? sum(mul(y, tensor([1, 2, 3, 4]))) : y, [x]);
    expectClose((await gx?.data()) ?? [], gradient);
  });

  it('takes weights as a tensor; a logit of −∞ takes no part; a label of no class is NaN; no row that counts is 0/0', async () => {
    const x = tensor(rows);
    const labels = tensor(Int32Array.of(1, 2, 0, 1));
    expectClose(await crossEntropy(x, labels, { weight: tensor(weight) }).data(), [0.79126]);
    const masked = tensor([[0, 0, Number.NEGATIVE_INFINITY]]);
    expectClose(await crossEntropy(masked, tensor(Int32Array.of(1)), { weight }).data(), [Math.LN2]);
    expect(await crossEntropy(x, tensor(Int32Array.of(1, 3, 0, 1)), { weight, ignoreIndex: 0 }).item()).toBeNaN();
    expect(await crossEntropy(x, tensor(Int32Array.of(1, 1, 1, 1)), { ignoreIndex: 1 }).item()).toBeNaN();
  });

  it('says what is wrong with an option', () => {
    const make = (options: object) => () => crossEntropy(tensor(rows), tensor(Int32Array.of(1, 2, 0, 1)), options);
    expect(make({ weight: [1, 2] })).toThrow(/weight must hold a number of at least 0 for each of 3 classes, not 2 of them/);
    expect(make({ weight: [1, -2, 1] })).toThrow(ArgumentError);
    expect(make({ weight: tensor([1, 2]) })).toThrow(ShapeError);
    expect(make({ labelSmoothing: 1.5 })).toThrow(/labelSmoothing must be a number in \[0, 1\], not 1.5/);
    expect(make({ ignoreIndex: 0.5 })).toThrow(ArgumentError);
    expect(make({ label_smoothing: 0.1 })).toThrow(ArgumentError);
  });

  it('is the loss of a trainer, recorded and eager, and of an evaluation', async () => {
    const values = Float32Array.from(rows.flat());
    const data = arrayData({ values, shape: [3] }, { values: labelsOf(all), shape: [] }, 3);
    const identity = () => {
      const network = buildNetwork([{ type: 'linear', in: 3, out: 3, bias: false }], { inputShape: [3], rng: 0, device });
      network.parameters()[0]?.write(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
      return network;
    };
    const loss = { type: 'crossEntropy', weight, labelSmoothing: 0.2, ignoreIndex: -100 } as const;
    for (const mode of ['recorded', 'eager'] as const) {
      const network = identity();
      using trainer = new Trainer({ network, data, loss, optimiser: { type: 'sgd', lr: 0.1 }, steps: 3, mode, batchSize: 4 });
      const found = (await trainer.advance(3)).flatMap((event) => (event.type === 'step' ? [event.loss] : []));
      expectClose(found.slice(0, 1), [1.044694]);
      expect(found[2]).toBeLessThan(found[0] as number);
    }
    const found = await evaluate(identity(), data, { loss, batchSize: 3 });
    expectClose([found.loss], [1.044694]);
    expectClose(found.losses ?? [], [0.984823, 0, 1.666008, 2.050293]);
    expect(found.accuracy).toBeCloseTo(1 / 3, 12);
    expect(
      () =>
        new Trainer({ network: identity(), data, loss: { type: 'hinge' } as never, optimiser: { type: 'sgd', lr: 1 }, steps: 1 }),
    ).toThrow(ConfigError);
  });
});
