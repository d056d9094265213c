/** Over nothing: sums are 0, means NaN, extremes an error; never what the memory held before. */
import { beforeEach, describe, expect, it } from 'vitest';
import { grad } from '../../../engine/autodiff.ts';
import { ShapeError } from '../../../engine/errors.ts';
import * as ops from '../../../engine/ops/index.ts';
import { full, ones, setDevice, type Tensor, tensor, zeros } from '../../../engine/tensor.ts';
import { availableDevices } from '../core/devices.ts';

const labels = () => tensor(new Int32Array(0), [0]);
const numbers = async (x: Tensor) => [...(await x.data())];

function leaf(shape: number[]): Tensor {
  return zeros(shape, { requiresGrad: true });
}

describe.each(await availableDevices())('on %s', (_, device) => {
  beforeEach(() => {
    setDevice(device);
    // Memory that is handed out again holds 12.
    for (let k = 0; k < 4; k++) for (const shape of [[1], [3], [12], [100]]) full(shape, 12).dispose();
  });

  it.each<[string, () => Tensor, number[]]>([
    ['sum', () => ops.sum(zeros([0])), [0]],
    ['sum over an axis', () => ops.sum(zeros([3, 0]), { axes: [1] }), [0, 0, 0]],
    ['sum over two axes', () => ops.sum(zeros([0, 2, 0, 3]), { axes: [0, 2] }), [0, 0, 0, 0, 0, 0]],
    ['sum down to a shape', () => ops.sumTo(zeros([0, 3]), [3]), [0, 0, 0]],
    ['mean', () => ops.mean(zeros([0, 4])), [Number.NaN]],
    ['mean over an axis', () => ops.mean(zeros([2, 0]), { axes: 1, keepDims: true }), [Number.NaN, Number.NaN]],
    ['variance', () => ops.variance(zeros([0, 2]), { axes: 0 }), [Number.NaN, Number.NaN]],
    ['variance of one, unbiased', () => ops.variance(zeros([1])), [Number.NaN]],
    ['max of no rows', () => ops.max(zeros([3, 0]), { axes: 0 }), []],
    ['globalAvgPool2d', () => ops.globalAvgPool2d(zeros([1, 0, 3, 2])), [Number.NaN, Number.NaN]],
    ['mseLoss', () => ops.mseLoss(zeros([0, 3]), zeros([0, 3])), [Number.NaN]],
    ['bceWithLogits, summed', () => ops.bceWithLogits(zeros([0]), zeros([0]), { reduction: 'sum' }), [0]],
    ['crossEntropy', () => ops.crossEntropy(zeros([0, 3]), labels()), [Number.NaN]],
    ['crossEntropy, summed', () => ops.crossEntropy(zeros([0, 3]), labels(), { reduction: 'sum' }), [0]],
    ['matmul over nothing', () => ops.matmul(zeros([2, 0]), zeros([0, 3])), [0, 0, 0, 0, 0, 0]],
    ['linear of no inputs', () => ops.linear(zeros([2, 0]), zeros([0, 2]), ones([2])), [1, 1, 1, 1]],
    ['indexSelect from nothing', () => ops.indexSelect(zeros([0]), tensor(Int32Array.of(0, 1))), [Number.NaN, Number.NaN]],
    ['indexAdd of nothing', () => ops.indexAdd(zeros([0]), labels(), [3]), [0, 0, 0]],
    ['softmax of no classes', () => ops.softmax(zeros([2, 0])), []],
    ['concat', () => ops.concat([zeros([0]), ones([2])], 0), [1, 1]],
    ['embed', () => ops.embed(zeros([0]), [2], [1], 5), [5, 5]],
    ['pad2d of an image that was cut to nothing', () => ops.pad2d(ones([1, 4, 1, 1]), { bottom: -4, top: 2, value: 3 }), [3, 3]],
    ['affineWarp of no pixels', () => ops.affineWarp(zeros([1, 0, 2, 1]), zeros([6]), { size: 1, fill: 3 }), [3]],
  ])('%s', async (_name, make, expected) => {
    expect(await numbers(make())).toEqual(expected);
  });

  it.each<[string, () => unknown]>([
    ['max', () => ops.max(zeros([0]))],
    ['min over an axis', () => ops.min(zeros([2, 0]), { axes: 1 })],
    ['argmax', () => ops.argmax(zeros([2, 0]))],
    ['resize2d', () => ops.resize2d(zeros([1, 0, 2, 1]), { size: 2 })],
    ['upsample2d', () => ops.upsample2d(zeros([1, 2, 0, 1]), { scale: 2, mode: 'bilinear' })],
    ['layerNorm', () => ops.layerNorm(zeros([2, 0]), zeros([0]), zeros([0]))],
  ])('%s of nothing is an error', (_name, run) => {
    expect(run).toThrow(ShapeError);
  });

  it.each([{ bottom: -5 }, { top: -3, bottom: -2 }, { top: -5, bottom: 9 }, { left: -2, right: -1 }])(
    'pad2d of 4 × 2 pixels by %j cuts more than there is',
    (padding) => {
      expect(() => ops.pad2d(ones([1, 4, 2, 1]), padding)).toThrow(ShapeError);
    },
  );

  it.each<[string, (b: Tensor) => Tensor]>([
    ['a bias', (b) => ops.add(zeros([0, 3]), b)],
    ['a factor', (b) => ops.mul(zeros([0, 3]), b)],
    ['rows that nobody picks', (b) => ops.indexSelect(b, labels())],
    ['a slice of nothing', (b) => ops.slice(b, [1], [1])],
    ['a repetition of no times', (b) => ops.broadcastTo(b, [0, 3])],
    ['the scale of a normalisation', (b) => ops.layerNorm(zeros([0, 3]), b, zeros([3]))],
    [
      'the scale of a batch norm',
      (b) =>
        ops.batchNorm(zeros([0, 3]), b, zeros([3]), { training: false, runningMean: zeros([3]), runningVariance: ones([3]) }),
    ],
    ['weights', (b) => ops.linear(zeros([0, 1]), ops.reshape(b, [1, 3]))],
  ])('the gradient of %s is 0', async (_name, fn) => {
    const b = leaf([3]);
    expect(await numbers(grad(ops.sum(fn(b)), [b])[0] as Tensor)).toEqual([0, 0, 0]);
  });
});
