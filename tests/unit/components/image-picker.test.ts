import { expect, it } from 'vitest';
import { bytesOf, fromRgba } from '../../../apps/components/image-picker/pictures.ts';

it('takes one picture out of a batch, as bytes', () => {
  const bytes = { data: Uint8Array.from({ length: 12 }, (_, i) => i), count: 2, width: 3, height: 2, channels: 1 } as const;
  expect([...bytesOf(bytes, 1)]).toEqual([6, 7, 8, 9, 10, 11]);
  const floats = { data: Float32Array.of(-1, 0, 1, 3), count: 1, width: 2, height: 2, channels: 1, range: [-1, 1] } as const;
  expect([...bytesOf(floats, 0)]).toEqual([0, 128, 255, 255]);
});

it('makes grey and colour of RGBA; what is transparent is black', () => {
  const rgba = Uint8ClampedArray.of(255, 0, 0, 255, 255, 255, 255, 0, 10, 20, 30, 255);
  expect([...fromRgba(rgba, 1)]).toEqual([76, 0, 18]);
  expect([...fromRgba(rgba, 3)]).toEqual([255, 0, 0, 0, 0, 0, 10, 20, 30]);
});
