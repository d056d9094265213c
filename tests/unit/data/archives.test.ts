import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../engine/data/formats/crc32.ts';
import { firstBytes, gunzip, gunzipStream, isGzip } from '../../../engine/data/formats/gzip.ts';
import { readIdx } from '../../../engine/data/formats/idx.ts';
import { inflate } from '../../../engine/data/formats/inflate.ts';
import { readTar, streamOf } from '../../../engine/data/formats/tar.ts';
import { readZip } from '../../../engine/data/formats/zip.ts';
import { formatError } from './errors.ts';
import { noise } from './noise.ts';
import { type RawTarEntry, rawTarOf } from './tar-writer.ts';
import { zip64Of } from './zip-writer.ts';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return join(...parts);
}

describe('gzip members', () => {
  const [a, b] = [noise(100_000, 1), noise(70_000, 2)];
  const both = join(a, b);
  const [packedA, packedB] = [new Uint8Array(gzipSync(a)), new Uint8Array(gzipSync(b))];
  const two = join(packedA, packedB);

  it('one after another are one file, with zeros behind, whole or in pieces', async () => {
    for (const file of [two, join(two, new Uint8Array(700))]) {
      expect(Buffer.from(await gunzip(file, 'a')).equals(both)).toBe(true);
      for (const piece of [packedA.length, packedA.length + 1, 977, 1 << 16]) {
        expect(Buffer.from(await collect(gunzipStream(streamOf(file, piece), 'a'))).equals(both), `pieces of ${piece}`).toBe(
          true,
        );
      }
    }
    expect(await gunzip(join(new Uint8Array(gzipSync('')), packedB), 'a')).toHaveLength(b.length);
  });

  it('with anything else behind, or cut, are refused at the place', async () => {
    const stray = join(packedA, bytesOf('xyz'));
    expect((await formatError(() => gunzip(stray, 'a'))).offset).toBeGreaterThanOrEqual(packedA.length);
    const late = join(packedA, new Uint8Array(100), Uint8Array.of(9));
    expect(await formatError(() => gunzip(late, 'a'))).toMatchObject({ offset: packedA.length + 100 });
    expect(await formatError(() => gunzip(two.subarray(0, two.length - 1), 'a'))).toMatchObject({ offset: two.length - 1 });
    await formatError(() => gunzip(two.subarray(0, packedA.length + 5), 'a'));
    await formatError(() => collect(gunzipStream(streamOf(stray, 1000), 'a')));
  });

  it('give their first bytes alone, and pass on the fault of the source', async () => {
    expect(isGzip(two)).toBe(true);
    expect([...(await firstBytes(packedA, 5, 'a'))]).toEqual([...a.subarray(0, 5)]);
    expect(await firstBytes(Uint8Array.of(1, 2, 3), 8, 'a')).toHaveLength(3);
    const broken = (async function* () {
      yield packedA.subarray(0, 500);
      throw new Error('the disk is gone');
    })();
    await expect(collect(gunzipStream(broken, 'a'))).rejects.toThrow('the disk is gone');
  });
});

describe('decompression bombs', () => {
  // 200 MB of zeros in 200 kB: more than the 128 MiB that are free, at a ratio of 1000.
  const bomb = join(...Array.from({ length: 10 }, () => new Uint8Array(gzipSync(Buffer.alloc(20e6), { level: 9 }))));

  it('are stopped by size', async () => {
    const error = await formatError(() => gunzip(bomb, 'bomb.gz'));
    expect(error.message).toContain('a decompression bomb?');
    expect(error.offset).toBeLessThan(bomb.length);
    let seen = 0;
    await formatError(async () => {
      for await (const part of gunzipStream(streamOf(bomb), 'bomb.gz')) seen += part.length;
    });
    expect(seen).toBeLessThanOrEqual(2 ** 27);
  });

  it('are stopped where the file itself says how much there should be', async () => {
    expect((await formatError(() => gunzip(bomb, 'a', 1000))).message).toContain('at most');
    const idx = new Uint8Array(gzipSync(Buffer.concat([Buffer.from([0, 0, 8, 1, 0, 0, 0, 4]), Buffer.alloc(20e6)])));
    await formatError(() => readIdx(idx, 'x'));
    await formatError(() => inflate('raw', noise(50, 3), 'x'));
    const lying = zip64Of([{ name: 'a.png', data: new Uint8Array(5e6), says: { size: 10 } }]);
    expect((await formatError(() => readZip(lying, 'a.zip')[0]?.bytes())).message).toContain('at most 10');
    const promising = zip64Of([{ name: 'a.png', data: noise(100, 1), says: { size: 4e9 } }]);
    expect((await formatError(() => readZip(promising, 'a.zip')[0]?.bytes())).message).toContain('cannot hold');
  });
});

describe('ZIP', () => {
  const files = [
    { name: 'a/1.png', data: noise(3000, 1) },
    { name: 'b/2.png', data: new Uint8Array(0), method: 0 as const },
    { name: 'b/3.png', data: noise(2000, 2), method: 0 as const },
  ];

  it('reads ZIP64, archives behind a program, and comments with the mark of an end in them', async () => {
    for (const form of [
      {},
      { zip64: true },
      { before: noise(1234, 5) },
      { zip64: true, before: noise(99, 5) },
      { comment: 'PK\x05\x06 is no end' },
    ]) {
      const read = readZip(zip64Of(files, form), 'a.zip');
      expect(
        read.map(({ name }) => name),
        JSON.stringify(Object.keys(form)),
      ).toEqual(files.map(({ name }) => name));
      for (const [i, { data }] of files.entries())
        expect(Buffer.from((await read[i]?.bytes()) ?? []).equals(Buffer.from(data))).toBe(true);
    }
  });

  it('refuses a number of entries that the directory does not have, overlap, and other disks', async () => {
    for (const count of [0, 2, 4, 65_534])
      expect((await formatError(() => readZip(zip64Of(files, { count }), 'a.zip'))).message).toMatch(/of \d+ entries/);
    await formatError(() => readZip(zip64Of(files, { zip64: true, count: 2 }), 'a.zip'));
    const overlapping = zip64Of(files.map((file) => ({ ...file, says: { packed: 4000 } })));
    expect((await formatError(() => readZip(overlapping, 'a.zip'))).message).toContain('do not overlap');
    const disks = zip64Of(files);
    disks[disks.length - 18] = 1;
    expect((await formatError(() => readZip(disks, 'a.zip'))).message).toContain('one disk');
    const cut = zip64Of(files);
    await formatError(() => readZip(cut.subarray(100), 'a.zip'));
  });

  it('decodes names: UTF-8 said or not, code page 437, the Unicode path, and the separator of MS-DOS', () => {
    const name = (file: object): string =>
      readZip(zip64Of([{ ...{ name: 'x', data: new Uint8Array(1) }, ...file }]), 'a.zip')[0]?.name ?? '';
    expect(name({ name: 'ä/é.png', flags: 1 << 11 })).toBe('ä/é.png');
    expect(name({ name: 'ä/é.png' })).toBe('ä/é.png');
    expect(name({ name: Uint8Array.of(0x84, 0x2f, 0x82, 0xe1) })).toBe('ä/éß');
    expect(name({ name: Uint8Array.from({ length: 128 }, (_, i) => i + 128) })).toMatch(/^ÇüéâäàåçêëèïîìÄÅ.*αßΓπΣσµτ.*²■\u00a0$/);
    expect(name({ name: 'a\\b.png', host: 0 })).toBe('a/b.png');
    expect(name({ name: 'a\\b.png', host: 3 })).toBe('a\\b.png');
    const path = (of: string, text: string): Uint8Array => {
      const body = Buffer.concat([Buffer.from([1]), Buffer.alloc(4), Buffer.from(text)]);
      body.writeUInt32LE(crc32(bytesOf(of)), 1);
      const head = Buffer.alloc(4);
      head.writeUInt16LE(0x7075, 0);
      head.writeUInt16LE(body.length, 2);
      return new Uint8Array(Buffer.concat([head, body]));
    };
    expect(name({ name: '?.png', extra: path('?.png', '猫.png') })).toBe('猫.png');
    expect(name({ name: 'new.png', extra: path('old.png', '猫.png') })).toBe('new.png');
  });
});

describe('tar', () => {
  const GNU = 'ustar  \0';
  const data = bytesOf('abc');
  async function list(entries: readonly RawTarEntry[]): Promise<string[]> {
    const out: string[] = [];
    for await (const { name, data: content } of readTar(streamOf(rawTarOf(entries)), 'a.tar'))
      out.push(`${name}:${content.length}`);
    return out;
  }
  const pax = (text: string, type = 'x'): RawTarEntry => ({ name: 'pax', data: bytesOf(text), type });

  it('keeps the times of GNU headers out of names, and star archives have their own prefix', async () => {
    const times = '15302477000\x0015302477001\0';
    expect(await list([{ name: 'cat/1.png', data, magic: GNU, at345: times }])).toEqual(['cat/1.png:3']);
    expect(await list([{ name: '1.png', data, at345: 'cat/sub' }])).toEqual(['cat/sub/1.png:3']);
    expect(
      await list([{ name: '1.png', data, at345: `cat${'\0'.repeat(128)}15302477000 15302477000 `, at508: 'tar\0' }]),
    ).toEqual(['cat/1.png:3']);
  });

  it('takes size and path from pax records, global ones until another says otherwise', async () => {
    expect(await list([pax('10 size=3\n'), { name: 'a.png', data, size: '00000000000' }])).toEqual(['a.png:3']);
    expect(await list([pax('16 path=all.png\n', 'g'), { name: 'a', data }, { name: 'b', data }])).toEqual([
      'all.png:3',
      'all.png:3',
    ]);
    expect(
      await list([pax('16 path=all.png\n', 'g'), pax('16 path=own.png\n'), { name: 'a', data }, { name: 'b', data }]),
    ).toEqual(['own.png:3', 'all.png:3']);
    expect(await list([pax('16 path=all.png\n', 'g'), pax('8 path=\n'), { name: 'a.png', data }])).toEqual(['a.png:3']);
  });

  it('reads long names, base 256, signed checksums, old folders, and passes over links', async () => {
    const long = `${'x'.repeat(150)}.png`;
    expect(
      await list([
        { name: 'L', type: 'L', data: bytesOf(`${long}\0`) },
        { name: 'short', data },
      ]),
    ).toEqual([`${long}:3`]);
    expect(await list([{ name: 'a', data, size: '\x80\0\0\0\0\0\0\0\0\0\0\x03' }])).toEqual(['a:3']);
    expect(await list([{ name: 'ä', data, signed: true }])).toEqual(['ä:3']);
    expect(
      await list([
        { name: 'dir/', type: '\0', data: new Uint8Array(0) },
        { name: 'link', type: '2', data: new Uint8Array(0), size: '00000001000' },
        { name: 'a', data, type: '7' },
      ]),
    ).toEqual(['a:3']);
  });

  it.each([
    ['a size that is no octal number', { name: 'a', data, size: 'zzzzzzzzzzz' }, 124],
    ['a size with digits beyond octal', { name: 'a', data, size: '00000000009' }, 124],
    ['a negative size', { name: 'a', data, size: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe' }, 124],
    ['a size beyond 2^53', { name: 'a', data, size: '\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' }, 124],
    ['a file with holes (GNU)', { name: 'a', data, type: 'S', magic: GNU }, 0],
    ['a file that is too large to hold', { name: 'a', data, size: '77777777777' }, 512],
  ] as const)('refuses %s before any entry', async (_, entry, offset) => {
    expect(await formatError(() => list([entry]))).toMatchObject({ offset });
  });

  it.each(['8 size=3\n', '11 size=3\n', '10 size=3x', 'x size=3\n', '0 size=3\n', '99 size=3\n', '7 size\n', '10size=33\n'])(
    'refuses the pax record %j',
    async (record) => {
      await formatError(() => list([pax(record), { name: 'a', data }]));
    },
  );

  it('refuses a pax size that is none, pax holes, and absurd headers', async () => {
    await formatError(() => list([pax('10 size=x\n'), { name: 'a', data }]));
    await formatError(() => list([pax('22 GNU.sparse.major=1\n'), { name: 'a', data }]));
    await formatError(() => list([{ name: 'L', type: 'L', data, size: '00010000001' }]));
  });

  it('passes over what is not wanted, also files with holes', async () => {
    const out: string[] = [];
    const archive = rawTarOf([
      { name: 'a.bin', data: noise(2000, 1), type: 'S', magic: GNU },
      { name: 'b.png', data },
    ]);
    for await (const { name } of readTar(streamOf(archive, 700), 'a.tar', (path) => path.endsWith('.png'))) out.push(name);
    expect(out).toEqual(['b.png']);
  });
});
