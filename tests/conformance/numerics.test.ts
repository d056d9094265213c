/** What float32 can keep, it keeps, and the edges of floating point are PyTorch's: on every device, through the public operations. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grad } from '../../engine/autodiff.ts';
import * as ops from '../../engine/ops/index.ts';
import { full, ones, setDevice, type Tensor, tensor, zeros } from '../../engine/tensor.ts';
import { availableDevices } from '../unit/core/devices.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const opened = await availableDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

/** Half the distance of neighbouring numbers near 1. */
const U = 2 ** -24;
const column = (length: number, value: (i: number) => number) => Float32Array.from({ length }, (_, i) => value(i));
const total = (values: ArrayLike<number>, of = (x: number) => x) => Array.from(values).reduce((sum, x) => sum + of(x), 0);
const label = (...labels: number[]) => tensor(labels, undefined, { dtype: 'i32' });

describe.each(opened)('on %s', (_, device) => {
  beforeAll(() => setDevice(device));
  const read = async (t: Tensor) => [...(await t.data())];

  describe('sums', () => {
    it.each([
      ['0.1', 2_000_000, () => 0.1],
      ['1e6 + {0, 1}', 100_000, (i: number) => 1e6 + (i % 2)],
      ['sin i', 1_000_003, (i: number) => Math.fround((i * 0.61803) % 2) - 1],
    ] as const)('of %s, %i terms, are off by at most 4 halves of a last place of Σ|x|', async (_name, length, value) => {
      const x = column(length, value);
      const got = await ops.sum(tensor(x)).item();
      expect(Math.abs(got - total(x))).toBeLessThanOrEqual(4 * U * total(x, Math.abs));
    });

    it('of columns too', async () => {
      const x = tensor(
        column(400_000, (i) => 1e4 + ((i * 7) % 13)),
        [100_000, 4],
      );
      const values = await x.data();
      const got = await ops.sum(x, { axes: 0 }).data();
      for (let c = 0; c < 4; c++) {
        const exact = total(values.filter((_v, i) => i % 4 === c));
        expect(Math.abs((got[c] as number) - exact)).toBeLessThanOrEqual(4 * U * exact);
      }
    });

    it('with an infinity are infinite, with both NaN', async () => {
      for (const length of [5, 3000]) {
        const one = column(length, (i) => (i === 2 ? infinity : i));
        expect(await read(ops.sum(tensor(one)))).toEqual([infinity]);
        one[length - 1] = -infinity;
        expect(await read(ops.sum(tensor(one)))).toEqual([nan]);
      }
    });

    it('mean and variance do not mind a mean far from 0', async () => {
      const big = tensor(column(100_000, (i) => 1e6 + (i % 2)));
      expect(Math.abs((await ops.mean(big).item()) - 1_000_000.5)).toBeLessThanOrEqual(0.0625);
      expect(await ops.variance(big, { correction: 0 }).item()).toBeCloseTo(0.25, 5);
      const rows = tensor(
        column(3 * 4096, (i) => (i < 4096 ? 1e6 : i < 8192 ? -3e4 : 0) + (i % 2)),
        [3, 4096],
      );
      for (const v of await read(ops.variance(rows, { axes: 1, correction: 0 }))) expect(v).toBeCloseTo(0.25, 5);
    });
  });

  it.each([
    [1e5, 256],
    [1e4, 4096],
    [1e6, 40],
    [-3e6, 130],
  ])('layer norm of %f + {0, 1}, %i features', async (offset, features) => {
    const x = tensor(
      column(2 * features, (i) => offset + (i % 2)),
      [2, features],
    );
    const y = await read(ops.layerNorm(x, ones([features]), zeros([features])));
    const expected = 0.5 / Math.sqrt(0.25 + 1e-5);
    y.forEach((v, i) => {
      expect(v, `feature ${i}`).toBeCloseTo(i % 2 ? expected : -expected, 5);
    });
  });

  describe('softmax, its logarithm and cross-entropy', () => {
    it.each([0, 1e4, 1e6, 1e8, -1e8])('stay within their bounds for logits near %f', async (offset) => {
      for (const classes of [2, 3, 8, 300]) {
        const x = column(classes * 5, (i) => offset + ((i * 0.61803 * 31) % 31));
        const rows = tensor(x, [5, classes]);
        const [y, logY] = [await ops.softmax(rows).data(), await ops.logSoftmax(rows).data()];
        const t = [0, 1, 1, 0, 1];
        const loss = await ops.crossEntropy(rows, label(...t), { reduction: 'none' }).data();
        for (let n = 0; n < 5; n++) {
          const row = x.subarray(n * classes, (n + 1) * classes);
          const most = Math.max(...row);
          const logSum = Math.log(total(row, (v) => Math.exp(v - most)));
          for (let k = 0; k < classes; k++) {
            const shifted = (row[k] as number) - most;
            const at = n * classes + k;
            const exact = shifted - logSum;
            expect(Math.abs((y[at] as number) / Math.exp(exact) - 1)).toBeLessThan((classes + Math.abs(shifted) + 8) * 2 * U);
            expect(Math.abs((logY[at] as number) - exact)).toBeLessThan((classes + 2 * Math.abs(exact) + 4) * U);
          }
          const exact = most - (row[t[n] as number] as number) + logSum;
          expect(Math.abs((loss[n] as number) - exact)).toBeLessThan((classes + 2 * exact + 4) * U);
        }
      }
    });

    it('take -infinity for a mask', async () => {
      const masked = tensor([[-infinity, -infinity, 0]]);
      expect(await read(ops.softmax(masked))).toEqual([0, 0, 1]);
      expect(await read(ops.logSoftmax(masked))).toEqual([-infinity, -infinity, 0]);
      expect(await read(ops.crossEntropy(masked, label(2)))).toEqual([0]);
      expect(await read(ops.crossEntropy(masked, label(1)))).toEqual([infinity]);
      for (const classes of [4, 132, 300]) {
        const row = column(classes, (i) => (i === 1 || i === classes - 1 ? 5 : -infinity));
        const leaf = tensor(row, [1, classes], { requiresGrad: true });
        const half = column(classes, (i) => (i === 1 || i === classes - 1 ? 0.5 : 0));
        expect(await read(ops.softmax(leaf))).toEqual([...half]);
        const loss = ops.crossEntropy(leaf, label(1));
        expect(await loss.item()).toBeCloseTo(Math.LN2, 6);
        half[1] = -0.5;
        expect(await read(grad(loss, [leaf])[0] as Tensor)).toEqual([...half]);
      }
    });

    it('pass a NaN on', async () => {
      expect(await read(ops.crossEntropy(tensor([[nan, 0, 0]]), label(1)))).toEqual([nan]);
      expect(await read(ops.softmax(tensor([[nan, 0, 0]])))).toEqual([nan, nan, nan]);
    });
  });

  it('binary cross-entropy keeps loss and gradient of sure predictions', async () => {
    const x = tensor([10, 15, -20, 0, 90, -90], undefined, { requiresGrad: true });
    const t = tensor([1, 1, 0, 0.25, 1, 1]);
    const loss = ops.bceWithLogits(x, t, { reduction: 'none' });
    const tail = (v: number) => Math.log1p(Math.exp(-v));
    const expected = [tail(10), tail(15), tail(20), Math.LN2, 0, 90];
    const slope = (v: number) => 1 / (1 + Math.exp(v));
    const slopes = [-slope(10), -slope(15), slope(20), 0.25, 0, -1];
    const close = (got: readonly number[], wanted: readonly number[]) =>
      wanted.forEach((v, i) => {
        expect(Math.abs((got[i] as number) - v), `${i}: ${got[i]}`).toBeLessThanOrEqual(Math.max(8 * U * Math.abs(v), 1e-37));
      });
    close(await read(loss), expected);
    close(await read(grad(ops.sum(loss), [x])[0] as Tensor), slopes);
  });

  it('a quotient keeps its gradient where the square of the divisor would not fit', async () => {
    const b = tensor([1e-20, 1e-23, 1e25], undefined, { requiresGrad: true });
    const [gb] = grad(ops.sum(ops.div(tensor([1e-20, 1e-23, 1e25]), b)), [b]) as [Tensor];
    (await read(gb)).forEach((v, i) => {
      expect(v / ([-1e20, -1e23, -1e-25][i] as number)).toBeCloseTo(1, 5);
    });
  });

  describe('what is not a number', () => {
    it('comes out of every function that PyTorch lets it out of', async () => {
      const { exp, log, tanh, sigmoid, relu, softplus, sin, cos, tan, erf, gelu, elu, silu, sqrt, abs, square, neg } = ops;
      for (const f of [exp, log, tanh, sigmoid, relu, softplus, sin, cos, tan, erf, gelu, elu, silu, sqrt, abs, square, neg]) {
        expect(await read(f(tensor([nan, 1])))).toEqual([nan, expect.any(Number)]);
      }
      expect(await read(ops.gelu(tensor([nan]), { approximate: 'none' }))).toEqual([nan]);
      for (const exponent of [1, 2, 9, 10, 0.5, -1]) expect(await read(ops.powScalar(tensor([nan]), exponent))).toEqual([nan]);
      expect(await read(ops.clamp(tensor([nan]), 0, 1))).toEqual([nan]);
    });

    it('infinities have the limits of each function', async () => {
      const at = async (f: (x: Tensor) => Tensor) => read(f(tensor([infinity, -infinity])));
      expect(await at(ops.exp)).toEqual([infinity, 0]);
      expect(await at(ops.log)).toEqual([infinity, nan]);
      expect(await at(ops.tanh)).toEqual([1, -1]);
      expect(await at(ops.sigmoid)).toEqual([1, 0]);
      expect(await at(ops.softplus)).toEqual([infinity, 0]);
      expect(await at(ops.erf)).toEqual([1, -1]);
      expect(await at(ops.elu)).toEqual([infinity, -1]);
      for (const f of [ops.sin, ops.cos, ops.tan]) expect(await at(f)).toEqual([nan, nan]);
    });

    it('a bound that clamp is not given lets infinities through, and their gradients', async () => {
      const x = tensor([infinity, -infinity, -1], undefined, { requiresGrad: true });
      for (const [y, values, slopes] of [
        [ops.clamp(x), [infinity, -infinity, -1], [1, 1, 1]],
        [ops.clamp(x, 0), [infinity, 0, 0], [1, 0, 0]],
        [ops.clamp(x, undefined, 0), [0, -infinity, -1], [0, 1, 1]],
      ] as const) {
        expect(await read(y)).toEqual(values);
        expect(await read(grad(y, [x], { gradOutput: ones([3]) })[0] as Tensor)).toEqual(slopes);
      }
    });

    it('goes before every number in argmax, argmin and max-pooling', async () => {
      const rows = [
        [1, nan, 3],
        [nan, 1, nan],
        [1, 2, nan],
        [3, 1, 2],
      ];
      expect(await read(ops.argmax(tensor(rows)))).toEqual([1, 0, 2, 0]);
      expect(await read(ops.argmin(tensor(rows)))).toEqual([1, 0, 2, 1]);
      const long = tensor(column(3000, (i) => (i === 1777 || i === 2100 ? nan : i % 91)));
      expect([await read(ops.argmax(long)), await read(ops.argmin(long))]).toEqual([[1777], [1777]]);
      for (const channels of [1, 4]) {
        for (let place = 0; place < 4; place++) {
          const image = tensor(
            column(4 * channels, (i) => (Math.floor(i / channels) === place ? nan : i)),
            [1, 2, 2, channels],
          );
          const windows = [{ kernel: 2 }, { kernel: 2, stride: 1 }, { kernel: [2, 2] as const, stride: 3 }];
          for (const window of windows) expect(await read(ops.maxPool2d(image, window))).toEqual(new Array(channels).fill(nan));
        }
      }
    });

    it('powers have the edges of C', async () => {
      const bases = [nan, 1, -1, 0, 0, 2, 0.5, -2, -2, infinity, -infinity, -8, 1e-40];
      const exponents = [1, nan, infinity, -1, 0, infinity, infinity, 3, 0.5, -2, 3, 2, 0];
      const expected = [nan, 1, 1, infinity, 1, infinity, 0, -8, nan, 0, -infinity, 64, 1];
      const got = await read(ops.pow(tensor(bases), tensor(exponents)));
      got.forEach((v, i) => {
        const wanted = expected[i] as number;
        if (Number.isFinite(wanted)) expect(v, `${bases[i]}^${exponents[i]}`).toBeCloseTo(wanted, 4);
        else expect(v, `${bases[i]}^${exponents[i]}`).toBe(wanted);
      });
    });

    it('in a gradient is multiplied by 0, and chosen away where a function chooses', async () => {
      const through = async (f: (x: Tensor) => Tensor, x: number) => {
        const leaf = tensor([x], undefined, { requiresGrad: true });
        return read(grad(f(leaf), [leaf], { gradOutput: full([1], nan) })[0] as Tensor);
      };
      for (const [f, x] of [
        [ops.tanh, 20],
        [ops.sigmoid, 200],
        [ops.exp, -1000],
        [ops.square, 0],
      ] as const) {
        expect(await through(f, x)).toEqual([nan]);
      }
      expect(await through(ops.relu, -1)).toEqual([0]);
      expect(await through((x) => ops.clamp(x, 0, 1), 5)).toEqual([0]);
    });
  });

  it('clamp lets the upper bound win', async () => {
    expect(await read(ops.clamp(tensor([0, 1.5, 5]), 2, 1))).toEqual([1, 1, 1]);
  });

  it('sine and cosine know arguments of any size', async () => {
    const x = [1e6, 1e10, 1e20, 3.4028234663852886e38, -1e10, 7999, 8001, 355, 0];
    const exact = [...Float32Array.from(x)];
    (await read(ops.sin(tensor(x)))).forEach((v, i) => {
      expect(v).toBeCloseTo(Math.sin(exact[i] as number), 6);
    });
    (await read(ops.cos(tensor(x)))).forEach((v, i) => {
      expect(v).toBeCloseTo(Math.cos(exact[i] as number), 6);
    });
  });
});
