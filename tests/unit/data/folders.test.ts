import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ListedFile, listTarImages, readClassFolders } from '../../../engine/data/formats/folder.ts';
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
