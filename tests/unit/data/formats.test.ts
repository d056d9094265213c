import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCifar10 } from '../../../engine/data/formats/cifar.ts';
import { gunzip, gunzipStream, gzip } from '../../../engine/data/formats/gzip.ts';
import { readIdx, readIdxImages, readIdxLabels } from '../../../engine/data/formats/idx.ts';
import { readTar, streamOf } from '../../../engine/data/formats/tar.ts';
import { formatError } from './errors.ts';
import { noise } from './noise.ts';
import { tarOf } from './tar-writer.ts';

const idx = (...bytes: number[]): Uint8Array => Uint8Array.of(0, 0, 8, ...bytes);

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

describe('gzip', () => {
  const bytes = noise(300_000, 1);
  const packed = new Uint8Array(gzipSync(bytes));

  it('compresses and decompresses', async () => {
    expect(Buffer.from(await gunzip(packed, 'a.gz')).equals(bytes)).toBe(true);
    expect(Buffer.from(await gunzip(await gzip(bytes), 'a.gz')).equals(bytes)).toBe(true);
    expect(await gunzip(await gzip(new Uint8Array(0)), 'a.gz')).toHaveLength(0);
  });

  it('says where a file is cut or broken', async () => {
    expect((await formatError(() => gunzip(Uint8Array.of(1, 2, 3), 'a.gz'))).offset).toBe(0);
    const cut = await formatError(() => gunzip(packed.subarray(0, packed.length - 5), 'a.gz'));
    expect(cut).toMatchObject({ file: 'a.gz', offset: packed.length - 5 });
    const broken = packed.slice();
    broken.fill(0xff, 140_000, 140_100);
    const { offset } = await formatError(() => gunzip(broken, 'a.gz'));
    expect(offset).toBeGreaterThan(60_000);
    const wrongSum = packed.slice();
    wrongSum[packed.length - 8] = (wrongSum[packed.length - 8] as number) ^ 1;
    await formatError(() => gunzip(wrongSum, 'a.gz'));
  });

  it('decompresses a stream and passes others through', async () => {
    for (const piece of [1, 7, 65_536]) {
      const few = piece < 100 ? 2_000 : bytes.length;
      const source = streamOf(new Uint8Array(gzipSync(bytes.subarray(0, few))), piece);
      expect((await collect(gunzipStream(source, 'a.gz'))).equals(bytes.subarray(0, few))).toBe(true);
    }
    expect((await collect(gunzipStream(streamOf(bytes.subarray(0, 100), 9), 'a'))).equals(bytes.subarray(0, 100))).toBe(true);
    await formatError(() => collect(gunzipStream(streamOf(packed.subarray(0, 100_000)), 'a.gz')));
  });

  it('lets go of the source when the reader stops early', async () => {
    let closed = false;
    const source = (async function* () {
      try {
        yield* streamOf(packed, 1000);
      } finally {
        closed = true;
      }
    })();
    for await (const part of gunzipStream(source, 'a.gz')) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    expect(closed).toBe(true);
  });
});

describe('IDX', () => {
  const images = idx(3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);
  const labels = idx(1, 0, 0, 0, 2, 7, 4);

  it('reads images and labels, raw or gzipped', async () => {
    for (const bytes of [images, new Uint8Array(gzipSync(images))]) {
      const read = await readIdxImages(bytes, 'images');
      expect(read).toMatchObject({ count: 2, height: 1, width: 3, channels: 1 });
      expect([...read.images]).toEqual([1, 2, 3, 4, 5, 6]);
    }
    expect([...(await readIdxLabels(labels, 'labels'))]).toEqual([7, 4]);
    expect((await readIdx(idx(1, 0, 0, 1, 1, ...new Array(257).fill(3)), 'x')).shape).toEqual([257]);
  });

  it.each([
    ['an empty file', new Uint8Array(0), 0],
    ['another magic number', Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0), 0],
    ['another element type', Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), 2],
    ['no axes', idx(0), 3],
    ['too many axes', idx(9), 3],
    ['a cut header', images.subarray(0, 10), 10],
    ['cut data', images.subarray(0, 20), 20],
    ['data left over', Uint8Array.of(...images, 9), 22],
  ])('refuses %s', async (_, bytes, offset) => {
    expect(await formatError(() => readIdx(bytes, 'x-ubyte'))).toMatchObject({ file: 'x-ubyte', offset });
  });

  it('does not take labels for images', async () => {
    expect((await formatError(() => readIdxImages(labels, 'x'))).message).toContain('3 or 4 axes (images), found 1');
    expect((await formatError(() => readIdxLabels(images, 'x'))).message).toContain('1 axis (labels), found 3');
  });
});

describe('CIFAR-10', () => {
  const record = (label: number): Uint8Array => {
    const bytes = new Uint8Array(3073);
    bytes[0] = label;
    for (let p = 0; p < 1024; p++) bytes.set([p & 255], 1 + p);
    bytes.fill(100, 1 + 1024, 1 + 2048);
    bytes.fill(200, 1 + 2048);
    return bytes;
  };

  it('turns colour planes into pixels, whatever the number of records', async () => {
    const raw = Uint8Array.of(...record(3), ...record(9));
    for (const bytes of [raw, new Uint8Array(gzipSync(raw))]) {
      const batch = await readCifar10(bytes, 'b.bin');
      expect(batch).toMatchObject({ count: 2, height: 32, width: 32, channels: 3 });
      expect([...batch.labels]).toEqual([3, 9]);
      expect([...batch.images.subarray(0, 6)]).toEqual([0, 100, 200, 1, 100, 200]);
      expect([...batch.images.subarray(3072 + 3 * 33, 3072 + 3 * 33 + 3)]).toEqual([33, 100, 200]);
    }
  });

  it('refuses parts of records and labels above 9', async () => {
    const raw = Uint8Array.of(...record(3), ...record(10));
    expect(await formatError(() => readCifar10(raw, 'b.bin'))).toMatchObject({ file: 'b.bin', offset: 3073 });
    expect(await formatError(() => readCifar10(raw.subarray(0, 4000), 'b.bin'))).toMatchObject({ offset: 4000 });
    await formatError(() => readCifar10(new Uint8Array(0), 'b.bin'));
  });
});

describe('tar', () => {
  const long = `${'folder/'.repeat(20)}image.jpg`;
  const entries = [
    { name: './a.txt', data: Buffer.from('first') },
    { name: 'empty', data: Buffer.alloc(0) },
    { name: long, data: noise(1025, 2), style: 'gnu' as const },
    { name: `p/${long}`, data: noise(512, 3), style: 'pax' as const },
    { name: `${'d'.repeat(90)}/${'e'.repeat(90)}`, data: Buffer.from('prefix'), style: 'ustar' as const },
    { name: 'folder', data: Buffer.alloc(0), type: '5' },
    { name: 'last', data: noise(3000, 4) },
  ];
  const archive = tarOf(entries);
  const list = async (bytes: Uint8Array, piece: number, wanted?: (name: string) => boolean) => {
    const out: [string, Uint8Array][] = [];
    for await (const { name, data } of readTar(streamOf(bytes, piece), 'a.tar', wanted)) out.push([name, data]);
    return out;
  };

  it.each([1, 100, 512, 100_000])('reads files of every naming style in pieces of %i bytes', async (piece) => {
    const expected = entries
      .filter(({ type }) => type === undefined)
      .map(({ name, data }) => [name.replace('./', ''), [...data]]);
    expect((await list(archive, piece)).map(([name, data]) => [name, [...data]])).toEqual(expected);
  });

  it('skips what is not wanted', async () => {
    expect((await list(archive, 1000, (name) => name === 'last')).map(([name]) => name)).toEqual(['last']);
  });

  it('says where an archive is cut or damaged', async () => {
    expect(await formatError(() => list(archive.subarray(0, 700), 100))).toMatchObject({ file: 'a.tar', offset: 700 });
    // Cut between two files: nothing but the missing end tells.
    expect(await formatError(() => list(archive.subarray(0, 1024), 100))).toMatchObject({ offset: 1024 });
    expect(await formatError(() => list(archive.subarray(0, 514), 100))).toMatchObject({ offset: 514 });
    const skipped = await formatError(() => list(archive.subarray(0, archive.length - 3000), 100, () => false));
    expect(skipped.message).toContain("of 'last'");
    const broken = archive.slice();
    broken[1024] = 99;
    expect(await formatError(() => list(broken, 100))).toMatchObject({ offset: 1024 });
    await formatError(() => list(new Uint8Array(0), 100));
  });
});
