import { expect, it } from 'vitest';
import { constant } from '../../../engine/constant.ts';
import { paramsKey } from '../../../engine/device/plan-key.ts';
import { affine, clamp, div, full, powScalar } from '../../../engine/index.ts';
import { setDevice, tensor } from '../../../engine/tensor.ts';
import { availableDevices } from './devices.ts';

const { POSITIVE_INFINITY: INF, NaN: NAN } = Number;

it('tells numbers apart that JSON does not', () => {
  const numbers = [0, -0, 1, INF, -INF, NAN, 1e300, 5e-324];
  const keys = [
    ...numbers.map((alpha) => paramsKey({ count: 3, alpha })),
    ...numbers.map((v) => paramsKey({ list: [1, v] })),
    paramsKey({ a: [1, 23] }),
    paramsKey({ a: [12, 3] }),
    paramsKey({ a: [1], b: [23] }),
    paramsKey({}),
    paramsKey(undefined),
    paramsKey(null),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(paramsKey({ a: 1, b: [2, -0] })).toBe(paramsKey({ a: 1, b: [2, -0] }));
});

it.each(await availableDevices())('on %s a plan for one number is not taken for another', async (_, device) => {
  setDevice(device);
  const x = tensor([1, -2]);
  const read = async (y: typeof x) => [...(await y.data())];
  expect(await read(affine(x, INF, 0))).toEqual([INF, -INF]);
  expect(await read(affine(x, -INF, 0))).toEqual([-INF, INF]);
  expect(await read(affine(x, 1, NAN))).toEqual([NAN, NAN]);
  expect(await read(affine(x, 1, INF))).toEqual([INF, INF]);
  expect(await read(clamp(x, -INF, 0))).toEqual([0, -2]);
  expect(await read(clamp(x, 0, INF))).toEqual([1, 0]);
  expect(await read(powScalar(tensor([2]), -INF))).toEqual([0]);
  expect(await read(div(x, 0))).toEqual([INF, -INF]);
  expect(await read(div(x, -0))).toEqual([-INF, INF]);
  expect(await read(div(1, constant(-0, device)))).toEqual([-INF]);
  expect(await read(div(1, full([1], -0)))).toEqual([-INF]);
  expect(await read(div(1, full([1], 0)))).toEqual([INF]);
});
