import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ListedFile, listTarImages, readClassFolders, tarImages } from '../../../engine/data/formats/folder.ts';
import { nodeDecoder } from '../../../engine/data/formats/image-node.ts';
import { streamOf } from '../../../engine/data/formats/tar.ts';
import { formatError } from './errors.ts';
import { pngOf } from './png-writer.ts';
import { tarOf } from './tar-writer.ts';

const plain = (r: number, g: number, b: number, width = 4): Uint8Array =>
  pngOf({ width, height: 3, depth: 8, colour: 2, samples: () => [r, g, b] });

const listed = (path: string, bytes: Uint8Array): ListedFile => ({ path, bytes: async () => bytes });

const files = [
  listed('mine/sky/2.png', plain(0, 0, 200)),
  listed('mine/sky/1.png', plain(0, 0, 100)),
  listed('mine/apple/z.png', plain(250, 0, 0, 9)),
  listed('mine/notes.txt', Uint8Array.of(1)),
];
const options = { name: 'mine', height: 2, width: 2, decode: nodeDecoder };

describe('class folders', () => {
  it('become a data set in alphabetical order, whatever the order of the listing', async () => {
    const progress: string[] = [];
    const set = await readClassFolders(files, { ...options, onProgress: (done, total) => progress.push(`${done}/${total}`) });
    expect(set).toMatchObject({ count: 3, height: 2, width: 2, channels: 3, classNames: ['apple', 'sky'] });
    expect([...set.labels]).toEqual([0, 1, 1]);
    expect([0, 1, 2].map((n) => [...set.images.subarray(12 * n, 12 * n + 3)])).toEqual([
      [250, 0, 0],
      [0, 0, 100],
      [0, 0, 200],
    ]);
    expect(progress).toEqual(['1/3', '2/3', '3/3']);
  });

  it('can be limited, renamed and turned grey', async () => {
    const set = await readClassFolders(files, { ...options, channels: 1, perClass: 1, classNames: ['Apfel', 'Himmel'] });
    expect(set).toMatchObject({ count: 2, channels: 1, classNames: ['Apfel', 'Himmel'], mean: [0.5] });
    expect([...set.images]).toEqual([75, 75, 75, 75, 11, 11, 11, 11]);
  });

  it('must be two or more, side by side, with files that decode', async () => {
    await expect(readClassFolders(files.slice(0, 2), options)).rejects.toThrow('found 1');
    const stray = listed('mine/more/sea/1.png', plain(0, 9, 9));
    await expect(readClassFolders([...files, stray], options)).rejects.toThrow('choose one of mine, mine/more');
    expect(
      (
        await readClassFolders([...files, stray, listed('mine/more/land/1.png', plain(9, 9, 0))], {
          ...options,
          root: 'mine/more',
        })
      ).classNames,
    ).toEqual(['land', 'sea']);
    await expect(readClassFolders(files, { ...options, classNames: ['one'] })).rejects.toThrow('1 names for 2 folders');
    const broken = listed('mine/sky/3.png', Uint8Array.of(1, 2, 3));
    expect(await formatError(() => readClassFolders([...files, broken], options))).toMatchObject({ file: 'mine/sky/3.png' });
  });

  it('come out of an archive as a stream', async () => {
    const contents = await Promise.all(files.map(async ({ path, bytes }) => ({ name: path, data: await bytes() })));
    const archive = new Uint8Array(gzipSync(tarOf(contents)));
    const found = await listTarImages(streamOf(archive, 50), 'mine.tgz');
    expect(found.map(({ path }) => path)).toEqual(['mine/sky/2.png', 'mine/sky/1.png', 'mine/apple/z.png']);
    expect((await readClassFolders(found, options)).count).toBe(3);
    const one = await listTarImages(streamOf(archive, 50), 'mine.tgz', (path) => path.includes('apple'));
    expect(one).toHaveLength(1);
    await formatError(() => listTarImages(streamOf(archive, 50), 'mine.tgz', () => false));
    await formatError(() => listTarImages(streamOf(archive.subarray(0, 100), 50), 'mine.tgz'));
  });
});

it('of the splits of a set the one for training is taken', async () => {
  const split = ['train', 'val'].flatMap((name) =>
    ['cat', 'dog'].map((of) => listed(`set/${name}/${of}/1.png`, plain(name === 'train' ? 10 : 200, 0, 0))),
  );
  const set = await readClassFolders(split, options);
  expect(set).toMatchObject({ count: 2, classNames: ['cat', 'dog'] });
  expect(Math.max(...set.images)).toBe(10);
});

describe('an archive larger than what should be held', () => {
  const BYTES = 1 << 20;
  const PIECE = 1 << 16;
  const names = Array.from({ length: 40 }, (_, n) => `set/${n % 2 === 0 ? 'land' : 'sky'}/${String(n).padStart(3, '0')}.png`);

  /** 40 MiB of pictures of 1 MiB, made while they are read. */
  async function* archive(pulled: (bytes: number) => void): AsyncGenerator<Uint8Array> {
    const content = new Uint8Array(BYTES);
    for (const [n, name] of names.entries()) {
      content[0] = n;
      // The header and content of one file, without the end of the archive.
      const file = tarOf([{ name, data: content }]).subarray(0, 512 + BYTES);
      for (let at = 0; at < file.length; at += PIECE) {
        const piece = file.subarray(at, at + PIECE);
        pulled(piece.length);
        yield piece;
      }
    }
    yield new Uint8Array(1024);
  }

  it('is streamed: each picture is decoded before what follows it is read, and only those that are wanted', async () => {
    let pulled = 0;
    let passes = 0;
    const ahead: number[] = [];
    const open = () => {
      pulled = 0;
      passes++;
      return archive((bytes) => {
        pulled += bytes;
      });
    };
    const decode = async (bytes: Uint8Array) => {
      const index = bytes[0] as number;
      ahead.push(pulled - (index + 1) * (512 + BYTES));
      return { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(index, 0, 0) };
    };
    const source = await tarImages(open, 'large.tar');
    expect([source.paths.length, pulled]).toEqual([40, 40 * (512 + BYTES)]);
    const set = await readClassFolders([source], { name: 'large', height: 1, width: 1, decode, most: 10 });
    expect(set).toMatchObject({ count: 10, classNames: ['land', 'sky'] });
    expect([...set.images].filter((_, at) => at % 3 === 0)).toEqual([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]);
    expect(passes).toBe(2);
    expect(ahead).toHaveLength(10);
    expect(Math.max(...ahead)).toBeLessThan(PIECE);
  });
});
