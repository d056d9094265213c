/** Integer tensors: exact where an operation has an integer form, a typed error where it has none, never misread. */
import { beforeEach, describe, expect, it } from 'vitest';
import { grad } from '../../../engine/autodiff.ts';
import { ArgumentError, DTypeError } from '../../../engine/errors.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import * as ops from '../../../engine/ops/index.ts';
import { full, setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { availableDevices } from '../core/devices.ts';

const int = (values: number[] | number[][]) => tensor(values, undefined, { dtype: 'i32' });
const read = async (x: Tensor) => [...(await x.data(x.dtype))];
const MOST = 2 ** 31 - 1;

describe.each(await availableDevices())('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  it.each<[string, () => Tensor, number[]]>([
    ['add', () => ops.add(int([1, -2, 16_777_216]), 1), [2, -1, 16_777_217]],
    ['add of two, wrapping', () => ops.add(int([MOST, 5]), int([1, -7])), [-MOST - 1, -2]],
    ['sub', () => ops.sub(10, int([1, -2])), [9, 12]],
    ['mul', () => ops.mul(int([[3], [-4]]), int([5, 1_000_003])), [15, 3_000_009, -20, -4_000_012]],
    ['affine', () => ops.affine(int([1, -2]), 3, -4), [-1, -10]],
    ['maximum', () => ops.maximum(int([3, -5]), int([-4, -3])), [3, -3]],
    ['minimum with a number', () => ops.minimum(int([3, -5]), -2), [-2, -5]],
    ['neg', () => ops.neg(int([3, -5])), [-3, 5]],
    ['abs', () => ops.abs(int([3, -5, 0])), [3, 5, 0]],
    ['sign', () => ops.sign(int([3, -5, 0])), [1, -1, 0]],
    ['square', () => ops.square(int([3, -5, 46_341])), [9, 25, -2_147_479_015]],
    ['relu', () => ops.relu(int([3, -5])), [3, 0]],
    ['clamp', () => ops.clamp(int([3, -5, 9]), -1.5, 4.5), [3, -1, 4]],
    ['clamp, open', () => ops.clamp(int([3, -5])), [3, -5]],
    ['floor', () => ops.floor(int([3, -5])), [3, -5]],
    ['sum', () => ops.sum(int([16_777_216, 1, -3])), [16_777_214]],
    ['sum over an axis', () => ops.sum(int([[1, 2, 3], [4, 5, 6]]), { axes: 0 }), [5, 7, 9]], // biome-ignore format: a matrix
    ['sum over nothing', () => ops.sum(int([])), [0]],
    ['max', () => ops.max(int([[1, 5], [-7, -3]]), { axes: 1 }), [5, -3]], // biome-ignore format: a matrix
    ['min', () => ops.min(int([MOST, MOST - 1])), [MOST - 1]],
    ['argmax', () => ops.argmax(int([1, 16_777_216, 16_777_217, 16_777_217])), [2]],
    ['argmin', () => ops.argmin(int([[-1, -2], [-3, -2]]), 0), [1, 0]], // biome-ignore format: a matrix
    ['where', () => ops.where(int([1, 0, -1]), int([1, 2, 3]), 9), [1, 9, 3]],
    ['pad2d', () => ops.pad2d(tensor(Int32Array.of(1, 2), [1, 1, 2, 1]), { left: 1, value: 7 }), [7, 1, 2]],
    ['indexSelect, outside too', () => ops.indexSelect(int([4, 5]), int([1, 2, -1])), [5, -MOST - 1, -MOST - 1]],
    ['concat', () => ops.concat([int([1]), int([2, 3])], 0), [1, 2, 3]],
  ])('%s gives integers', async (_name, make, expected) => {
    const y = make();
    expect(y.dtype).toBe('i32');
    expect(await read(y)).toEqual(expected);
  });

  it('compares integers exactly, giving 0 and 1', async () => {
    const [a, b] = [int([16_777_216, -5, 3]), int([16_777_217, -5, 2])];
    const found = [ops.equal, ops.greater, ops.greaterEqual, ops.less, ops.lessEqual].map((compare) => compare(a, b));
    expect(found.map((y) => y.dtype)).toEqual(new Array(5).fill('f32'));
    expect(await Promise.all(found.map(read))).toEqual([
      [0, 1, 0],
      [0, 0, 1],
      [0, 1, 1],
      [1, 0, 0],
      [1, 1, 0],
    ]);
    const wrong = ops.equal(ops.argmax(tensor([[9, 0, 0], [9, 0, 0]])), int([1, 2])); // biome-ignore format: a matrix
    expect(await ops.mean(wrong).item()).toBe(0);
  });

  it('computes a float and an integer together as floats', async () => {
    const x = tensor([0.5, -1], undefined, { requiresGrad: true });
    const y = ops.mul(x, int([3, 4]));
    expect(y.dtype).toBe('f32');
    expect(await read(y)).toEqual([1.5, -4]);
    expect(await read(grad(ops.sum(y), [x])[0] as Tensor)).toEqual([3, 4]);
    expect(await read(ops.add(int([1, 2]), 0.5))).toEqual([1.5, 2.5]);
    expect(await read(ops.greater(int([1, 2]), 1.5))).toEqual([0, 1]);
    expect(await read(ops.where(tensor([1, 0]), int([7, 8]), 0.25))).toEqual([7, 0.25]);
    expect(await read(ops.affine(int([4]), 0.25, 0))).toEqual([1]);
  });

  it.each<[string, () => unknown]>([
    ['exp', () => ops.exp(int([1]))],
    ['gelu', () => ops.gelu(int([1]), { approximate: 'none' })],
    ['div', () => ops.div(int([7]), int([2]))],
    ['pow', () => ops.pow(int([7]), int([2]))],
    ['mean', () => ops.mean(int([1, 2]))],
    ['variance', () => ops.variance(int([1, 2]))],
    ['softmax', () => ops.softmax(int([1, 2]))],
    ['matmul', () => ops.matmul(int([[1]]), int([[1]]))],
    ['matmul', () => ops.matmul(tensor([[1]]), int([[1]]))],
    ['conv2d', () => ops.conv2d(tensor(new Int32Array(4), [1, 2, 2, 1]), full([1, 1, 1, 1], 1))],
    ['crossEntropy', () => ops.crossEntropy(tensor([[1, 2]]), tensor([1]))],
    ['crossEntropy', () => ops.crossEntropy(tensor([[1, 2]]), tensor(Uint32Array.of(1)))],
    ['oneHot', () => ops.oneHot(tensor([1]), 3)],
    ['indexSelect', () => ops.indexSelect(tensor([1, 2]), tensor([0]))],
    ['add', () => ops.add(tensor(Uint32Array.of(1)), 1)],
    ['add', () => ops.add(tensor(Uint32Array.of(1)), int([1]))],
    ['sum', () => ops.sum(tensor(Uint32Array.of(1, 2)))],
  ])('%s names itself, the type and cast where it has no form', (name, run) => {
    expect(run).toThrow(DTypeError);
    expect(run).toThrow(new RegExp(`^${name}.*(i32|u32|f32).*cast\\(x, '(f32|i32)'\\)`));
  });

  it('casts between all types', async () => {
    const floats = tensor([1.7, -1.7, Number.NaN, 3e9, -3e9]);
    expect(await read(ops.cast(floats, 'i32'))).toEqual([1, -1, 0, MOST - 127, -MOST - 1]);
    expect(await read(ops.cast(floats, 'u32'))).toEqual([1, 0, 0, 3e9, 0]);
    expect([...(await floats.data('u32'))]).toEqual([1, 0, 0, 3e9, 0]);
    expect(await read(ops.cast(int([-3, 7]), 'f32'))).toEqual([-3, 7]);
    expect(await read(ops.cast(int([-3, 7]), 'u32'))).toEqual([0, 7]);
    expect(await read(ops.cast(tensor(Uint32Array.of(4e9, 7)), 'i32'))).toEqual([MOST, 7]);
    expect(ops.cast(floats, 'f32')).toBe(floats);
    expect(() => ops.cast(floats, 'f64' as 'f32')).toThrow(ArgumentError);
  });

  it('takes integer targets in losses as the floats of the same values', async () => {
    expect(await ops.mseLoss(tensor([1, 2]), int([1, 4])).item()).toBe(2);
    expect(await ops.l1Loss(tensor([1, 2]), int([1, -2])).item()).toBe(2);
    expect(await ops.mseLoss(int([1, 2]), int([1, 4])).item()).toBe(2);
    expect(await ops.bceWithLogits(tensor([0, 0]), int([1, 0])).item()).toBeCloseTo(Math.LN2, 6);
  });

  it('trains on an Int32Array of targets that are no labels', async () => {
    const network = buildNetwork([{ type: 'linear', in: 1, out: 1 }], { inputShape: [1], rng: 1, device });
    const data = arrayData({ values: Int32Array.of(0, 1, 2, 3), shape: [1] }, { values: Int32Array.of(1, 3, 5, 7), shape: [1] });
    expect(data.labels).toBeUndefined();
    const trainer = new Trainer({ network, data, loss: 'mse', optimiser: { type: 'adam', lr: 0.1 }, epochs: 200, batchSize: 4 });
    for await (const _event of trainer.run());
    expect(
      await network
        .eval()
        .forward(tensor([[4]]))
        .item(),
    ).toBeCloseTo(9, 1);
    const plain = [1, 2] as unknown as Int32Array<ArrayBuffer>;
    expect(() => arrayData({ values: plain, shape: [1] }, { values: plain, shape: [1] })).toThrow(ArgumentError);
    const many = arrayData({ values: new Float32Array(3e5), shape: [1] }, { values: new Int32Array(3e5).fill(6), shape: [] });
    expect(many.classes).toBe(7);
  });

  it('makes no integer out of what is none', () => {
    expect(() => int([1.5])).toThrow(DTypeError);
    expect(() => int([3e9])).toThrow(/3000000000 is no i32 number/);
    expect(() => tensor([-1], undefined, { dtype: 'u32' })).toThrow(DTypeError);
    expect(() => full([2], 0.5, { dtype: 'i32' })).toThrow(DTypeError);
    expect(() => int([1]).write([Number.NaN])).toThrow(DTypeError);
    expect(() => tensor([1], undefined, { dtype: 'i32', requiresGrad: true })).toThrow(/only f32 tensors can require gradients/);
  });
});
