/** Functions that are given another kind of argument than they take say so; an axis is named in the same ways everywhere. */
import { beforeEach, describe, expect, it } from 'vitest';
import { backward, grad, noGrad } from '../../../engine/autodiff.ts';
import { ArgumentError, ChalkgradError, ConfigError } from '../../../engine/errors.ts';
import { scope } from '../../../engine/memory.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import * as ops from '../../../engine/ops/index.ts';
import { createOptimiser } from '../../../engine/optim/optimiser.ts';
import { full, ones, setDevice, type Tensor, tensor, zeros } from '../../../engine/tensor.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { availableDevices } from '../core/devices.ts';

const [, device] = (await availableDevices())[0] as Awaited<ReturnType<typeof availableDevices>>[number];
beforeEach(() => setDevice(device));

/** As from plain JavaScript. */
// biome-ignore lint/suspicious/noExplicitAny: arguments that the types forbid are what is tested
const js = (value: unknown): any => value;
const z = () => tensor([[1, 5, 2], [7, 3, 4]]); // biome-ignore format: a matrix
const read = async (x: Tensor) => [...(await x.data())];

describe('an axis', () => {
  it('is named as a number or in options, everywhere', async () => {
    for (const axis of [1, -1, { axis: 1 }, { axis: -1 }, undefined, {}]) {
      expect(await read(ops.argmax(z(), axis))).toEqual([1, 0]);
      expect(await read(ops.argmin(z(), axis))).toEqual([0, 1]);
      expect(await read(ops.sum(ops.softmax(z(), axis), 1))).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)]);
      expect(await read(ops.logSoftmax(z(), axis))).toEqual(await read(ops.logSoftmax(z())));
    }
    for (const axis of [0, { axis: 0 }]) {
      expect(await read(ops.argmax(z(), axis))).toEqual([1, 0, 1]);
      expect((await read(ops.softmax(z(), axis)))[0]).toBeCloseTo(1 / (1 + Math.exp(6)), 6);
      expect(await read(ops.indexSelect(z(), tensor(Int32Array.of(1)), axis))).toEqual([7, 3, 4]);
      expect(await read(ops.indexAdd(tensor([[1, 2]]), tensor(Int32Array.of(1)), [2, 2], axis))).toEqual([0, 0, 1, 2]);
      expect(ops.concat([z(), z()], axis).shape).toEqual([4, 3]);
    }
    for (const axes of [0, [0], { axis: 0 }, { axes: 0 }, { axes: [0] }, { axis: [-2] }]) {
      expect(await read(ops.sum(z(), axes))).toEqual([8, 8, 6]);
      expect(await read(ops.max(z(), axes))).toEqual([7, 5, 4]);
    }
    for (const axes of [undefined, null, {}, [0, 1], { axes: null }])
      expect(await read(ops.mean(z(), axes))).toEqual([22 / 6].map(Math.fround));
    expect(ops.min(z(), { axis: 1, keepDims: true }).shape).toEqual([2, 1]);
    expect(ops.variance(z(), { axis: 1, keepDims: true, correction: 0 }).shape).toEqual([2, 1]);
  });

  it.each<[string, () => unknown]>([
    ['another option', () => ops.softmax(z(), js({ dim: 1 }))],
    ['another option', () => ops.sum(z(), js({ dim: 1 }))],
    ['two names', () => ops.sum(z(), { axis: 0, axes: 1 })],
    ['a string', () => ops.argmax(z(), js('1'))],
    ['a list where there is one', () => ops.argmax(z(), js([1]))],
    ['an object as an axis', () => ops.sum(z(), { axes: js({ axis: 1 }) })],
  ])('given as %s is refused', (_what, run) => {
    expect(run).toThrow(ArgumentError);
  });
});

describe('arguments of another kind', () => {
  const x = () => ones([1, 4, 4, 1]);
  const leaky = { activation: 'leakyRelu' } as const;
  it.each<[string, () => unknown]>([
    ['tensor with options for a shape', () => tensor([1, 2], js({ requiresGrad: true }))],
    ['tensor of a string', () => tensor(js('12'))],
    ['tensor of null', () => tensor(js([1, null]))],
    ['tensor of booleans', () => tensor(js([true]))],
    ['tensor of nothing', () => tensor(js(undefined))],
    ['tensor of 64-bit integers', () => tensor(js(new BigInt64Array(2)))],
    ['tensor of an unknown type', () => tensor([1], undefined, { dtype: js('f64') })],
    ['zeros of a number', () => zeros(js(3))],
    ['full without a value', () => full([2], js(undefined))],
    ['add of nothing', () => ops.add(z(), js(undefined))],
    ['add of numbers', () => ops.add(1, 2)],
    ['add of a list', () => ops.add(js([1, 2]), z())],
    ['relu of a number', () => ops.relu(js(3))],
    ['exp of a list', () => ops.exp(js([1]))],
    ['sum of a list', () => ops.sum(js([1, 2]))],
    ['powScalar of a tensor', () => ops.powScalar(z(), js(z()))],
    ['leakyRelu with options', () => ops.leakyRelu(z(), js({ negativeSlope: 0.1 }))],
    ['gelu with a name', () => ops.gelu(z(), js('tanh'))],
    ['gelu by another name', () => ops.gelu(z(), { approximate: js('erf') })],
    ['mseLoss with a name', () => ops.mseLoss(z(), z(), js('sum'))],
    ['mseLoss by another reduction', () => ops.mseLoss(z(), z(), { reduction: js('avg') })],
    ['crossEntropy of a list', () => ops.crossEntropy(z(), js([0, 1]))],
    ['where of a number', () => ops.where(js(1), z(), z())],
    ['matmul of lists', () => ops.matmul(js([[1]]), js([[1]]))],
    ['matmul with another option', () => ops.matmul(z(), z(), js({ transpose_b: true }))],
    ['linear without a weight', () => ops.linear(z(), js(undefined))],
    ['conv2d with options for a bias', () => ops.conv2d(x(), ones([1, 1, 1, 1]), js({ padding: 1 }))],
    ['conv2d with an unknown activation', () => ops.conv2d(x(), ones([1, 1, 1, 1]), null, { activation: js('gelu') })],
    ['maxPool2d of a list', () => ops.maxPool2d(js([1]), { kernel: 2 })],
    ['reshape to a number', () => ops.reshape(z(), js(6))],
    ['permute without axes', () => ops.permute(z(), js(undefined))],
    ['slice by numbers', () => ops.slice(z(), js(0), js(1))],
    ['concat of tensors that are no list', () => ops.concat(js(z()), js(z()))],
    ['grad of one tensor', () => grad(ops.sum(z()), js(z()))],
    ['grad of a number', () => grad(js(1), [z()])],
    ['backward of nothing', () => backward(js(undefined))],
    ['scope of a tensor', () => scope(js(z()))],
    ['noGrad of nothing', () => noGrad(js(undefined))],
    ['buildNetwork without options', () => buildNetwork([], js(undefined))],
    ['buildNetwork without a seed', () => buildNetwork([{ type: 'relu' }], js({ inputShape: [2] }))],
    ['forward of a list', () => buildNetwork([{ type: 'relu' }], { inputShape: [2], rng: 1 }).forward(js([[1, 2]]))],
  ])('%s', (_what, run) => {
    expect(run).toThrow(ArgumentError);
  });

  it.each<[string, () => unknown]>([
    ['an optimiser without a configuration', () => createOptimiser([z()], js(undefined))],
    ['a trainer without a network', () => new Trainer(js({}))],
    ['a pooling without a window', () => ops.maxPool2d(x(), js(2))],
    ['a window of three', () => ops.avgPool2d(x(), { kernel: js([2, 2, 2]) })],
    // Its gradient would be that of the other branch: y no longer tells the sign of the input.
    ['a negative slope in a convolution', () => ops.conv2d(x(), ones([1, 1, 1, 1]), null, { ...leaky, negativeSlope: -0.5 })],
    ['a slope of NaN in a linear layer', () => ops.linear(z(), ones([3, 1]), null, { ...leaky, negativeSlope: Number.NaN })],
  ])('%s', (_what, run) => {
    expect(run).toThrow(ConfigError);
  });

  it('are named with what is wanted and what was given', () => {
    expect(() => tensor([1, 2], js({ requiresGrad: true }))).toThrow(
      'tensor: the shape must be a list of whole numbers, not an object (options come after the shape, which may be undefined).',
    );
    expect(() => ops.relu(js(3))).toThrow('relu: its input must be a tensor, not the number 3.');
    try {
      ops.exp(js('x'));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ChalkgradError);
      expect(error).toMatchObject({ code: 'ARGUMENT', name: 'ArgumentError', op: 'exp' });
    }
  });
});
