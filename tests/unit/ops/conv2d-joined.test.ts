import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDevice } from '../../../engine/device/init.ts';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { type Conv2dJoinedOptions, conv2dJoined } from '../../../engine/ops/index.ts';
import { setDevice, zeros } from '../../../engine/tensor.ts';

const device = await openDevice('cpu');
beforeAll(() => setDevice(device));
afterAll(() => device.destroy());

describe('conv2dJoined', () => {
  test('gives the shape of the convolution of both, also with a doubled input', () => {
    const w = zeros([3, 3, 5, 4]);
    const shape = (second: readonly number[], options: Conv2dJoinedOptions) =>
      conv2dJoined([zeros([2, 6, 8, 2]), zeros(second)], w, null, options).shape;
    expect(shape([2, 6, 8, 3], { padding: 1 })).toEqual([2, 6, 8, 4]);
    expect(shape([2, 3, 4, 3], { stride: 2, doubled: [false, true] })).toEqual([2, 2, 3, 4]);
  });

  test('refuses inputs that do not fit, and says why', () => {
    const x = zeros([1, 4, 4, 2]);
    const w = zeros([3, 3, 4, 5]);
    const refuse = (run: () => unknown, kind: typeof ShapeError | typeof ConfigError, rule: RegExp) => {
      expect(run).toThrow(kind);
      expect(run).toThrow(rule);
    };
    refuse(() => conv2dJoined([x, zeros([1, 4, 2, 2])], w), ShapeError, /differ in their channels only/);
    refuse(() => conv2dJoined([x, x], w, null, { doubled: [true] }), ShapeError, /differ in their channels only/);
    refuse(() => conv2dJoined([x, zeros([4, 4, 2])], w), ShapeError, /images,height,width,channels/);
    refuse(() => conv2dJoined([x], w), ShapeError, /must have 2 input channels/);
    refuse(() => conv2dJoined([x, x], w, zeros([4])), ShapeError, /5 output channels/);
    refuse(() => conv2dJoined([x, x, x], w), ConfigError, /one or two/);
    const grouped = { groups: 2 } as Conv2dJoinedOptions;
    refuse(() => conv2dJoined([x, x], zeros([3, 3, 2, 4]), null, grouped), ConfigError, /must be 1/);
  });
});
