import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DATASETS } from '../../../engine/data/catalog.ts';
import { type ImageDataset, imageDataset, take } from '../../../engine/data/dataset.ts';
import { loadDataset, type PackIndex } from '../../../engine/data/load.ts';
import { type ImageFiles, readFilePack, readPixelPack, writeFilePack, writePixelPack } from '../../../engine/data/pack.ts';
import { decodeResiduals, encodeResiduals } from '../../../engine/data/residuals.ts';
import { cachedSource, type DataSource, httpSource } from '../../../engine/data/source.ts';
import { MissingDataError } from '../../../engine/errors.ts';
import { formatError } from './errors.ts';
import { noise } from './noise.ts';

function make(channels: number, count = 7): ImageDataset {
  const { classNames } = DATASETS.mnist;
  const constants = new Array<number>(channels).fill(0.5);
  const info = { name: 'mnist', split: 'train', height: 5, width: 4, channels, classNames, mean: constants, std: constants };
  return imageDataset(
    info,
    new Uint8Array(noise(count * 20 * channels, 1)),
    Uint8Array.from({ length: count }, (_, n) => n % 10),
  );
}

describe('packs of pixels', () => {
  it.each([1, 3, 4])('bring back images of %i channels', async (channels) => {
    const set = make(channels);
    const back = await readPixelPack(await writePixelPack(set, 'here'), 'a.pack');
    expect({ ...back, images: [...back.images], labels: [...back.labels] }).toEqual({
      ...set,
      images: [...set.images],
      labels: [...set.labels],
    });
  });

  it('predict exactly and shrink what is smooth', async () => {
    const size = { height: 8, width: 8, channels: 3 };
    const images = new Uint8Array(noise(2 * 192, 5));
    const coded = encodeResiduals(images, size);
    expect(coded).not.toEqual(images);
    decodeResiduals(coded, size);
    expect(coded).toEqual(images);
    const flat = encodeResiduals(new Uint8Array(192).fill(77), size);
    expect([...flat.subarray(0, 3)]).toEqual([0, 77, 0]);
    expect(flat.subarray(3).every((value) => value === 0)).toBe(true);
  });

  it('say where they are damaged', async () => {
    const bytes = await writePixelPack(make(1), 'here');
    expect(await formatError(() => readPixelPack(bytes.subarray(0, 8), 'a.pack'))).toMatchObject({ file: 'a.pack', offset: 8 });
    expect(await formatError(() => readPixelPack(bytes.subarray(0, 40), 'a.pack'))).toMatchObject({ offset: 40 });
    await formatError(() => readPixelPack(bytes.subarray(0, bytes.length - 4), 'a.pack'));
    expect(await formatError(() => readPixelPack(new TextEncoder().encode('<!doctype html>'), 'a.pack'))).toMatchObject({
      offset: 0,
    });
    const text = new TextDecoder('latin1').decode(bytes);
    const edit = (from: string, to: string) => Uint8Array.from(text.replace(from, to), (char) => char.charCodeAt(0));
    expect((await formatError(() => readPixelPack(edit('"count":7', '"count":8'), 'a.pack'))).message).toContain('168 bytes');
    expect(await formatError(() => readPixelPack(edit('"name"', '"nome"'), 'a.pack'))).toMatchObject({ offset: 12 });
  });
});

describe('packs of files', () => {
  const files = [noise(10, 1), noise(0, 2), noise(30, 3)].map((file) => new Uint8Array(file));
  const info = { name: 'imagenette', split: 'train', classNames: ['a', 'b'], mean: [0], std: [1], source: 'here' };
  const bytes = writeFilePack(info, files, Uint8Array.of(1, 0, 1));

  it('bring back every file', async () => {
    const back: ImageFiles = readFilePack(bytes, 'a.pack');
    expect(back.files.map((file) => [...file])).toEqual(files.map((file) => [...file]));
    expect([...back.labels]).toEqual([1, 0, 1]);
    expect((await formatError(() => readPixelPack(bytes, 'a.pack'))).message).toContain("a pack of 'pixels'");
    expect(() => writeFilePack(info, files, Uint8Array.of(1))).toThrow('3 files');
  });

  it('refuse to be cut or continued', async () => {
    expect(await formatError(() => readFilePack(bytes.subarray(0, bytes.length - 1), 'a'))).toMatchObject({
      offset: bytes.length - 1,
    });
    expect(await formatError(() => readFilePack(Uint8Array.of(...bytes, 1), 'a'))).toMatchObject({ offset: bytes.length });
  });
});

/** A source in memory that counts what was read. */
function memory(files: Record<string, Uint8Array>): DataSource & { readonly reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    async read(path) {
      reads.push(path);
      return files[path];
    },
  };
}

async function packed(): Promise<Record<string, Uint8Array>> {
  const set = make(1);
  const entry = (file: string, count: number) => ({ file, name: 'mnist', split: 'train', count, bytes: 1, sha256: '' }) as const;
  const photo = { name: 'imagenette', split: 'test', count: 3, file: 'photos.pack', bytes: 1, sha256: '' } as const;
  const index: PackIndex = { version: 1, packs: [entry('all.pack', 7), entry('few.pack', 3), photo], models: {} };
  const classNames = ['a', 'b'];
  return {
    'index.json': new TextEncoder().encode(JSON.stringify(index)),
    'all.pack': await writePixelPack(set, 'here'),
    'few.pack': await writePixelPack(take(set, 3), 'here'),
    'photos.pack': writeFilePack(
      { name: 'imagenette', split: 'test', classNames, mean: [0, 0, 0], std: [1, 1, 1], source: 'here' },
      [1, 2, 3].map((value) => Uint8Array.of(value)),
      Uint8Array.of(0, 1, 0),
    ),
  };
}

describe('loading', () => {
  it('reads the smallest pack that has enough images', async () => {
    const source = memory(await packed());
    const all = await loadDataset('mnist', { source });
    expect(all.count).toBe(7);
    const two = await loadDataset('mnist', { source, count: 2 });
    expect(two.count).toBe(2);
    expect([...two.images]).toEqual([...all.images.subarray(0, 40)]);
    expect((await loadDataset('mnist', { source, count: 4 })).count).toBe(4);
    expect((await loadDataset('mnist', { source, count: 100 })).count).toBe(7);
    expect(source.reads.filter((path) => path !== 'index.json')).toEqual(['all.pack', 'few.pack', 'all.pack', 'all.pack']);
  });

  it('decodes photographs to the size that is asked for', async () => {
    const source = memory(await packed());
    const decode = async (bytes: Uint8Array) => ({
      width: 1,
      height: 1,
      channels: 3,
      data: new Uint8Array(3).fill(bytes[0] as number),
    });
    const set = await loadDataset('imagenette', { source, split: 'test', count: 2, photos: { height: 2, width: 1, decode } });
    expect(set).toMatchObject({ count: 2, height: 2, width: 1, channels: 3, split: 'test' });
    expect([...set.images]).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    expect([...set.labels]).toEqual([0, 1]);
    await expect(loadDataset('imagenette', { source, split: 'test' })).rejects.toThrow('give height, width and decode');
  });

  it('names the command for what is missing', async () => {
    const files = await packed();
    const missing = async (
      source: DataSource,
      name: 'mnist' | 'cifar-10',
      split: 'train' | 'test',
    ): Promise<MissingDataError> => {
      const error = await loadDataset(name, { source, split }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(MissingDataError);
      return error as MissingDataError;
    };
    expect((await missing(memory({}), 'mnist', 'train')).message).toContain("Run 'npm run data'");
    expect((await missing(memory(files), 'cifar-10', 'train')).command).toBe('npm run data -- --set cifar-10');
    expect((await missing(memory(files), 'mnist', 'test')).dataset).toBe('mnist');
    expect((await missing(memory({ 'index.json': files['index.json'] as Uint8Array }), 'mnist', 'train')).dataset).toBe('mnist');
    await expect(loadDataset('nist' as 'mnist', { source: memory(files) })).rejects.toThrow('must be one of mnist');
    await formatError(() => loadDataset('mnist', { source: memory({ 'index.json': Uint8Array.of(123) }) }));
  });
});

describe('sources', () => {
  it('remember what they read, not what failed', async () => {
    const inner = memory({ a: Uint8Array.of(1) });
    const source = cachedSource(inner);
    expect([await source.read('a'), await source.read('a'), await source.read('b'), await source.read('b')]).toEqual([
      Uint8Array.of(1),
      Uint8Array.of(1),
      undefined,
      undefined,
    ]);
    expect(inner.reads).toEqual(['a', 'b', 'b']);
    let fail = true;
    const shaky = cachedSource({
      async read() {
        if (fail) throw new Error('offline');
        return Uint8Array.of(2);
      },
    });
    await expect(shaky.read('a')).rejects.toThrow('offline');
    fail = false;
    expect(await shaky.read('a')).toEqual(Uint8Array.of(2));
  });

  it('fetch over HTTP with progress, and take a page in place of a file for a missing file', async () => {
    const body = new Uint8Array(noise(200_000, 1));
    const server = createServer((request, response) => {
      if (request.url === '/base/data/file.pack') response.setHeader('content-length', body.length).end(body);
      else if (request.url === '/base/data/chunked.pack') response.write(body, () => response.end(body));
      else if (request.url === '/base/data/page.pack')
        response.setHeader('content-type', 'text/html; charset=utf-8').end('<p>home</p>');
      else if (request.url === '/base/data/broken.pack') response.writeHead(500).end();
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const source = httpSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/data/`);
      const steps: [number, number | undefined][] = [];
      const got = await source.read('file.pack', { onProgress: (loaded, total) => steps.push([loaded, total]) });
      expect(Buffer.from(got as Uint8Array).equals(body)).toBe(true);
      expect(steps.at(-1)).toEqual([200_000, 200_000]);
      expect(await source.read('chunked.pack')).toHaveLength(400_000);
      expect(await source.read('page.pack')).toBeUndefined();
      expect(await source.read('none.pack')).toBeUndefined();
      await expect(source.read('broken.pack')).rejects.toThrow('500');
      const abort = AbortSignal.abort(new Error('left the page'));
      await expect(source.read('file.pack', { signal: abort })).rejects.toThrow('left the page');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
