import { beforeAll, describe, expect, it } from 'vitest';
import { ShapeError } from '../../../engine/errors.ts';
import { gradCheck } from '../../../engine/grad-check.ts';
import { inverseRealDft2 } from '../../../engine/ops/dft.ts';
import { setDevice, tensor, zeros } from '../../../engine/tensor.ts';
import { availableDevices } from '../core/devices.ts';

describe.each(await availableDevices())('inverseRealDft2 on %s', (_, device) => {
  beforeAll(() => setDevice(device));

  it('gives the image of two coefficients', async () => {
    const real = zeros([4, 3]);
    const imaginary = zeros([4, 3]);
    real.write([4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    imaginary.write([0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    const rows = [...(await inverseRealDft2(real, imaginary, 4).data())];
    const expected = [0.375, 0, 0.125, 0.5, 0, 0.125, 0.5, 0.375, 0.125, 0.5, 0.375, 0, 0.5, 0.375, 0, 0.125];
    rows.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] as number, 6);
    });
  });

  it('agrees with the double sum for odd and even sizes and batches', async () => {
    for (const [h, w] of [
      [3, 5],
      [5, 4],
      [1, 2],
    ] as const) {
      const columns = Math.floor(w / 2) + 1;
      const draw = (seed: number) => Float32Array.from({ length: 2 * h * columns }, (_, i) => Math.sin(seed + 3.7 * i));
      const [R, I] = [draw(1), draw(2)];
      const shape = [2, h, columns];
      const got = await inverseRealDft2(tensor(R, shape), tensor(I, shape), w).data();
      for (let n = 0; n < 2; n++) {
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            let sum = 0;
            for (let ky = 0; ky < h; ky++) {
              for (let kx = 0; kx < columns; kx++) {
                const phase = 2 * Math.PI * ((ky * y) / h + (kx * x) / w);
                const at = (n * h + ky) * columns + kx;
                const c = kx === 0 || 2 * kx === w ? 1 : 2;
                sum += c * ((R[at] as number) * Math.cos(phase) - (I[at] as number) * Math.sin(phase));
              }
            }
            expect(got[(n * h + y) * w + x]).toBeCloseTo(sum / (h * w), 5);
          }
        }
      }
    }
  });

  it('is differentiable and checks its shapes', async () => {
    const draw = (seed: number) =>
      tensor(
        Float32Array.from({ length: 12 }, (_, i) => Math.sin(seed + i)),
        [4, 3],
      );
    expect(await gradCheck((r, i) => inverseRealDft2(r, i, 5), [draw(1), draw(2)])).toMatchObject({ passed: true });
    expect(() => inverseRealDft2(zeros([4, 3]), zeros([4, 3]), 7)).toThrow(ShapeError);
  });
});
