import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type UserFile, userImages } from '../../../engine/data/formats/user-files.ts';
import { readZip } from '../../../engine/data/formats/zip.ts';
import { formatError } from './errors.ts';
import { noise } from './noise.ts';
import { tarOf } from './tar-writer.ts';

interface Entry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly method?: 0 | 8 | 12;
  readonly encrypted?: boolean;
}

/** A ZIP archive with local headers whose extra fields differ in length from those of the directory, as real ones do. */
function zipOf(entries: readonly Entry[], comment = ''): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, method = 8, encrypted = false } of entries) {
    const packed = method === 8 ? deflateRawSync(data) : Buffer.from(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(encrypted ? 1 : 0, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    common.writeUInt16LE(5, 24);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), Buffer.alloc(5), packed]);
    const central = Buffer.concat([
      Buffer.from('PK\x01\x02\x14\x00'),
      common,
      Buffer.alloc(14),
      Buffer.from(name),
      Buffer.alloc(5),
    ]);
    central.writeUInt16LE(0, 30);
    central.writeUInt32LE(offset, 42);
    directory.push(central.subarray(0, central.length - 5));
    locals.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return new Uint8Array(Buffer.concat([...locals, ...directory, end, Buffer.from(comment)]));
}

const entries: Entry[] = [
  { name: 'cats/a.jpg', data: noise(5000, 1) },
  { name: 'dogs/', data: Buffer.alloc(0) },
  { name: 'dogs/ü.png', data: new Uint8Array(3000).fill(7), method: 0 },
  { name: 'dogs/empty.png', data: Buffer.alloc(0), method: 0 },
];

describe('ZIP', () => {
  it('reads stored and deflated files, with a comment behind or not', async () => {
    for (const comment of ['', 'made by hand']) {
      const read = readZip(zipOf(entries, comment), 'a.zip');
      expect(read.map(({ name }) => name)).toEqual(['cats/a.jpg', 'dogs/ü.png', 'dogs/empty.png']);
      const contents = await Promise.all(read.map(({ bytes }) => bytes()));
      expect(contents.map((bytes) => [...bytes])).toEqual(
        [entries[0], entries[2], entries[3]].map((entry) => [...(entry as Entry).data]),
      );
    }
  });

  it('says what is wrong', async () => {
    const bytes = zipOf(entries);
    expect(await formatError(() => readZip(bytes.subarray(0, bytes.length - 30), 'a.zip'))).toMatchObject({ file: 'a.zip' });
    await formatError(() => readZip(new Uint8Array(10), 'a.zip'));
    const directory = bytes.slice();
    const at = Buffer.from(directory).indexOf('PK\x01\x02');
    directory[at] = 9;
    expect(await formatError(() => readZip(directory, 'a.zip'))).toMatchObject({ offset: at });
    const changed = bytes.slice();
    changed[Buffer.from(bytes).lastIndexOf(7)] = 8;
    expect((await formatError(() => readZip(changed, 'a.zip')[1]?.bytes())).message).toContain(
      "'dogs/ü.png' with a correct checksum",
    );
    expect(
      (await formatError(() => readZip(zipOf([{ name: 'x', data: noise(9, 1), encrypted: true }]), 'a.zip'))).message,
    ).toContain("'x' without encryption");
    const method = readZip(zipOf([{ name: 'x', data: noise(9, 1), method: 12 }]), 'a.zip');
    expect((await formatError(() => method[0]?.bytes())).message).toContain('found method 12');
    const broken = bytes.slice();
    broken.fill(0xff, 60, 100);
    const [first] = readZip(broken, 'a.zip');
    await formatError(() => first?.bytes());
  });
});

function userFile(path: string, data: Uint8Array): UserFile {
  const blob = new Blob([new Uint8Array(data)]);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return {
    name,
    webkitRelativePath: path.includes('/') ? path : '',
    arrayBuffer: () => blob.arrayBuffer(),
    stream: () => blob.stream(),
  };
}

describe('files that the user chose', () => {
  const contents = [
    { name: 'mine/cats/a.jpg', data: Buffer.from('cat') },
    { name: 'mine/dogs/b.PNG', data: Buffer.from('dog') },
    { name: 'mine/.DS_Store', data: Buffer.from('x') },
    { name: '__MACOSX/mine/cats/._a.jpg', data: Buffer.from('x') },
    { name: 'mine/cats/.hidden.jpg', data: Buffer.from('x') },
    { name: 'mine/read.me', data: Buffer.from('x') },
  ];
  const expected = [
    ['mine/cats/a.jpg', 'cat'],
    ['mine/dogs/b.PNG', 'dog'],
  ];

  it.each([
    ['a folder', contents.map(({ name, data }) => userFile(name, data))],
    ['a ZIP archive', [userFile('mine.zip', zipOf(contents))]],
    ['a tar archive', [userFile('mine.tar', tarOf(contents))]],
    ['a gzipped tar archive', [userFile('Mine.TGZ', gzipSync(tarOf(contents)))]],
  ])('are listed from %s', async (_, files) => {
    const read: string[][] = [];
    for (const source of await userImages(files)) {
      for await (const { path, data } of source.read(() => true)) read.push([path, Buffer.from(data).toString()]);
    }
    expect(read).toEqual(expected);
  });

  it('must hold an image', async () => {
    await expect(userImages([userFile('a/notes.txt', Buffer.from('x'))])).rejects.toThrow('need JPEG or PNG images');
    await expect(userImages([])).rejects.toMatchObject({ code: 'CONFIG' });
  });
});
