import { describe, expect, it } from 'vitest';
import { bytesOf, fromRgba, OwnPictures, type PickedSize } from '../../../apps/components/image-picker/pictures.ts';
import type { ImageBatch } from '../../../apps/components/shared/images.ts';

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

describe('own pictures', () => {
  const small = { width: 2, height: 2, channels: 1 } as const;
  const large = { width: 4, height: 4, channels: 3 } as const;
  const files = (...names: string[]) => names.map((name) => new File([], name));
  /** Decodes that end when the test says so, by file name and size. */
  const decoder = () => {
    const waiting: (() => void)[] = [];
    const decode = (given: readonly File[], size: PickedSize) =>
      new Promise<ImageBatch>((resolve, reject) => {
        const data = new Uint8Array(given.length * size.width * size.height * size.channels);
        const end = () =>
          given[0]?.name === 'bad.png'
            ? reject(new Error('bad.png is no picture'))
            : resolve({ data, count: given.length, ...size });
        waiting.push(end);
      });
    return { decode, waiting };
  };

  it('are decoded again when the size changes, and what was overtaken is dropped', async () => {
    const { decode, waiting } = decoder();
    const own = new OwnPictures(() => {}, decode);
    const first = own.give(files('a.png', 'b.png'), 0, small);
    const second = own.resize(large);
    waiting[1]?.();
    await second;
    waiting[0]?.();
    await first;
    expect([own.batch?.width, own.batch?.count, own.names]).toEqual([4, 2, ['a.png', 'b.png']]);
  });

  it('say what cannot be read, and keep the pictures beside an archive', async () => {
    const { decode, waiting } = decoder();
    const own = new OwnPictures(() => {}, decode);
    const ended = async (work: Promise<void>) => {
      waiting.pop()?.();
      await work;
      return own.failure;
    };
    expect(await ended(own.give(files('a.png'), 0, small))).toBe('');
    expect(await ended(own.give([], 1, small))).toBe(
      'Pictures cannot be picked out of an archive: unpack it and give the folder.',
    );
    expect(own.batch?.count).toBe(1);
    expect(await ended(own.give(files('bad.png'), 0, small))).toBe('bad.png is no picture');
    expect(own.batch).toBeNull();
  });
});
