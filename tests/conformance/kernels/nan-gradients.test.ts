/** A gradient that is not a number is never lost on the way back, except where a function is cut off: as in PyTorch, on every device. */
import { beforeEach, describe, expect, it } from 'vitest';
import { grad } from '../../../engine/autodiff.ts';
import * as ops from '../../../engine/ops/index.ts';
import { full, setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { availableDevices } from '../../unit/core/devices.ts';

const { NaN: NAN } = Number;

describe.each(await availableDevices())('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  // Where the slope is 0 to the last bit.
  const flat: [string, (x: Tensor) => Tensor, number][] = [
    ['tanh', ops.tanh, 30],
    ['sigmoid', ops.sigmoid, 200],
    ['exp', ops.exp, -1000],
    ['square', ops.square, 0],
    ['abs', ops.abs, 0],
    ['softplus', ops.softplus, -200],
    ['erf', ops.erf, 20],
    ['elu', ops.elu, -200],
    ['leakyRelu', (x) => ops.leakyRelu(x, 0), -1],
    ['gelu', ops.gelu, -50],
    ['silu', ops.silu, -200],
    ['cube', (x) => ops.powScalar(x, 3), 0],
    ['affine', (x) => ops.affine(x, 0, 1), 2],
    ['mul', (x) => ops.mul(x, tensor([0])), 2],
  ];
  it.each(flat)('a NaN passes %s where its slope is 0', async (_name, op, at) => {
    const x = tensor([at], undefined, { requiresGrad: true });
    expect(await grad(op(x), [x], { gradOutput: full([1], NAN) })[0]?.item()).toBeNaN();
  });

  const cut: [string, (x: Tensor) => Tensor, number][] = [
    ['relu', ops.relu, -1],
    ['relu', ops.relu, 0],
    ['clamp', (x) => ops.clamp(x, 0, 1), 1.5],
    ['powScalar', (x) => ops.powScalar(x, 0), 3],
  ];
  it.each(cut)('nothing passes %s where it is cut off, in first and recorded gradients', async (_name, op, at) => {
    const x = tensor([at], undefined, { requiresGrad: true });
    for (const createGraph of [false, true]) {
      expect(await grad(op(x), [x], { gradOutput: full([1], NAN), createGraph })[0]?.item()).toBe(0);
    }
  });

  it('the gradient of a norm at 0 is NaN, as in PyTorch', async () => {
    const x = tensor([0, 0], undefined, { requiresGrad: true });
    expect([...(await (grad(ops.sqrt(ops.sum(ops.square(x))), [x])[0] as Tensor).data())]).toEqual([NAN, NAN]);
  });
});
