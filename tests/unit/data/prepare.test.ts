import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Manifest } from '../../../apps/cli/data/manifest.ts';
import { IMAGENETTE_FOLDERS } from '../../../engine/data/catalog.ts';
import { nodeDecoder } from '../../../engine/data/formats/image-node.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { folderSource } from '../../../engine/data/source-node.ts';
import { noise } from './noise.ts';
import { pngOf } from './png-writer.ts';
import { tarOf } from './tar-writer.ts';

/** A repository in an empty folder, without packages, network or a packaged data set. */
let root: string;
let mirror: string;
const fetched = vi.fn();

vi.mock('../../../apps/cli/data/debian.ts', () => ({ hasDebianTools: () => false, unpackDebianPackage: () => {} }));

/** The command's modules, read anew so that they see the root of this test. */
async function load(): Promise<typeof import('../../../apps/cli/data.ts')> {
  vi.resetModules();
  vi.doMock('../../../apps/cli/root.ts', () => ({ repositoryRoot: root }));
  return import('../../../apps/cli/data.ts');
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chalkgrad-'));
  mirror = join(root, 'mirror');
  await writeFile(join(root, 'package.json'), '{}');
  vi.stubEnv('CHALKGRAD_DATA', mirror);
  // Nor a data set that the system has.
  vi.stubEnv('CHALKGRAD_SYSTEM_ROOT', join(root, 'system'));
  fetched.mockReset().mockRejectedValue(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') }));
  vi.stubGlobal('fetch', fetched);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

async function put(path: string, content: Uint8Array): Promise<void> {
  await mkdir(join(mirror, path, '..'), { recursive: true });
  await writeFile(join(mirror, path), content);
}

const cifarBatch = (count: number): Uint8Array => {
  const bytes = noise(count * 3073, count);
  for (let n = 0; n < count; n++) bytes[n * 3073] = n % 10;
  return new Uint8Array(gzipSync(bytes));
};

async function putCifar(): Promise<void> {
  await put('cifar-10-batches-bin/data_batch_1.bin.gz', cifarBatch(30));
  await put('cifar-10-batches-bin/test_batch.bin.gz', cifarBatch(10));
}

async function putMnist(count = 3): Promise<void> {
  const images = Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28]), noise(count * 784, 1)]);
  const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, count, ...Array.from({ length: count }, (_, n) => n)]);
  for (const split of ['train', 't10k']) {
    await put(`mnist/${split}-images-idx3-ubyte`, images);
    await put(`mnist/${split}-labels-idx1-ubyte.gz`, gzipSync(labels));
  }
}

const manifest = async (): Promise<Manifest> => JSON.parse(await readFile(join(root, 'data/manifest.json'), 'utf8')) as Manifest;

describe('preparing data', () => {
  it('makes packs, and records the true source and counts', async () => {
    await putCifar();
    const { prepareData } = await load();
    const { sets } = await prepareData({ sets: ['cifar-10'], quiet: true });
    expect(sets).toMatchObject([{ name: 'cifar-10', status: 'prepared' }]);
    expect((await manifest()).sets['cifar-10']).toMatchObject({
      source: 'CHALKGRAD_DATA/cifar-10-batches-bin',
      verified: false,
      counts: { train: 30, test: 10 },
      published: { train: 50000, test: 10000 },
      note: expect.stringContaining('fewer images'),
    });
    const source = folderSource(join(root, 'data/packs'));
    expect((await loadDataset('cifar-10', { source })).count).toBe(30);
    const test = await loadDataset('cifar-10', { source, split: 'test' });
    const raw = noise(10 * 3073, 10);
    expect([...test.images.subarray(0, 3)]).toEqual([raw[1], raw[1 + 1024], raw[1 + 2048]]);
    expect(fetched).not.toHaveBeenCalled();
  });

  it('does nothing when all is there, and mends what is gone', async () => {
    await putCifar();
    const { prepareData } = await load();
    await prepareData({ sets: ['cifar-10'], quiet: true });
    await rm(mirror, { recursive: true });
    const started = performance.now();
    expect((await prepareData({ sets: ['cifar-10'], quiet: true })).sets[0]?.status).toBe('ready');
    // It takes about 2 ms; the bound leaves room for a busy machine and none for making packs of real size.
    expect(performance.now() - started).toBeLessThan(1000);
    await putCifar();
    await writeFile(join(root, 'data/packs/cifar-10-test.pack'), 'short');
    expect((await prepareData({ sets: ['cifar-10'], quiet: true })).sets[0]?.status).toBe('prepared');
    expect((await prepareData({ sets: ['cifar-10'], quiet: true, refresh: true })).sets[0]?.status).toBe('prepared');
  });

  it('reads the official archive of CIFAR-10 as well as batch files', async () => {
    const batch = (name: string, count: number) => ({
      name: `cifar-10-batches-bin/${name}`,
      data: new Uint8Array(gunzipSync(cifarBatch(count))),
    });
    const files = [
      batch('data_batch_2.bin', 10),
      batch('data_batch_1.bin', 20),
      batch('test_batch.bin', 30),
      { name: 'cifar-10-batches-bin/readme.html', data: noise(9, 1) },
    ];
    await put('cifar-10-binary.tar.gz', gzipSync(tarOf(files)));
    const { prepareData } = await load();
    const { sets } = await prepareData({ sets: ['cifar-10'], quiet: true });
    expect(sets[0]?.record).toMatchObject({ source: 'archive cifar-10-binary.tar.gz', counts: { train: 30, test: 30 } });
    const train = await loadDataset('cifar-10', { source: folderSource(join(root, 'data/packs')) });
    // Batch 1 comes first, whatever its place in the archive.
    expect(train.images[0]).toBe(noise(20 * 3073, 20)[1]);
  });

  it('takes nothing from the network that is not the published content', async () => {
    fetched.mockImplementation(async () => new Response(new Uint8Array(gzipSync(Buffer.from([0, 0, 8, 1, 0, 0, 0, 0])))));
    const { prepareData } = await load();
    const { sets } = await prepareData({ sets: ['mnist'], quiet: true });
    expect(sets[0]).toMatchObject({ status: 'missing', reason: 'what the network sent is not the published content' });
    // And keeps nothing of it, or the next attempt would not ask again.
    const asked = fetched.mock.calls.length;
    expect((await prepareData({ sets: ['mnist'], quiet: true })).sets[0]?.status).toBe('missing');
    expect(fetched.mock.calls.length).toBe(2 * asked);
  });

  it('takes a chosen folder as it is, but says that it is not the published set', async () => {
    await putMnist();
    const { prepareData } = await load();
    await prepareData({ sets: ['mnist'], quiet: true });
    expect((await manifest()).sets.mnist).toMatchObject({
      source: 'CHALKGRAD_DATA/mnist',
      verified: false,
      counts: { train: 3, test: 3 },
    });
    const set = await loadDataset('mnist', { source: folderSource(join(root, 'data/packs')), split: 'test' });
    expect([...set.labels]).toEqual([0, 1, 2]);
  });

  it('passes over damaged files with their fault, and goes on with the other sets', async () => {
    await putMnist();
    await put('mnist/train-images-idx3-ubyte', Uint8Array.of(0, 0, 8, 3, 0, 0));
    await putCifar();
    const said: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const { prepareData } = await load();
    const { sets } = await prepareData({ sets: ['mnist', 'cifar-10'] });
    expect(sets.map(({ status }) => status)).toEqual(['missing', 'prepared']);
    expect(said.join('')).toContain(
      'CHALKGRAD_DATA/mnist is passed over: train-images-idx3-ubyte: at byte 6 expected 3 axis sizes',
    );
    expect(said.join('')).toContain('MNIST: missing; https://');
    expect(said.join('')).not.toContain(root);
  });

  it('asks the network once, then only when told to', async () => {
    const { prepareData } = await load();
    const first = (await prepareData({ quiet: true })).sets.find(({ name }) => name === 'mnist');
    expect(first).toMatchObject({ status: 'missing', reason: expect.stringContaining('ENOTFOUND') });
    const asked = fetched.mock.calls.length;
    expect(asked).toBeGreaterThan(0);
    const again = (await prepareData({ quiet: true })).sets.find(({ name }) => name === 'mnist');
    expect(again?.reason).toContain('npm run data -- --set mnist');
    expect(fetched.mock.calls.length).toBe(asked);
    await prepareData({ sets: ['mnist'], quiet: true });
    expect(fetched.mock.calls.length).toBeGreaterThan(asked);
    // A source that appears later is taken at once.
    await putMnist();
    expect((await prepareData({ quiet: true })).sets.find(({ name }) => name === 'mnist')?.status).toBe('prepared');
    expect((await manifest()).failures.mnist).toBeUndefined();
  });

  it('starts no large download by itself', async () => {
    const { prepareData } = await load();
    const cifar = (await prepareData({ quiet: true, auto: true })).sets.find(({ name }) => name === 'cifar-10');
    expect(cifar?.reason).toContain('a download of 170 MB: npm run data -- --set cifar-10');
    const urls = fetched.mock.calls.map(([url]) => String(url));
    expect(urls.some((url) => url.includes('mnist'))).toBe(true);
    expect(urls.filter((url) => url.includes('cifar') || url.includes('imagenette'))).toEqual([]);
  });

  it('packs an archive of class folders as files, the classes taking turns', async () => {
    const picture = (value: number): Uint8Array =>
      pngOf({ width: 2, height: 2, depth: 8, colour: 2, samples: () => [value, 0, 0] });
    const files = (['train', 'val'] as const).flatMap((split) =>
      IMAGENETTE_FOLDERS.flatMap((folder, label) =>
        Array.from({ length: split === 'train' ? 3 : 1 }, (_, i) => ({
          name: `imagenette2-160/${split}/${folder}/${i}.png`,
          data: picture(10 * label + i),
        })),
      ),
    );
    await put('imagenette2-160.tgz', gzipSync(tarOf(files)));
    const { prepareData } = await load();
    const { sets } = await prepareData({ sets: ['imagenette'], quiet: true });
    expect(sets[0]).toMatchObject({ status: 'prepared', record: { counts: { train: 30, test: 10 }, verified: false } });
    const source = folderSource(join(root, 'data/packs'));
    const set = await loadDataset('imagenette', { source, count: 20, photos: { height: 1, width: 1, decode: nodeDecoder } });
    expect([...set.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(set.classNames[9]).toBe('parachute');
    for (let n = 0; n < 20; n++) expect(Math.floor((set.images[3 * n] as number) / 10)).toBe(set.labels[n]);
  });
});

describe('the command', () => {
  const printed: string[] = [];
  beforeEach(() => {
    printed.length = 0;
    for (const method of ['log', 'error'] as const)
      vi.spyOn(console, method).mockImplementation((line: string) => void printed.push(line));
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  });

  it('ends with 0 when anything is there, with 1 when nothing is, with 2 for wrong arguments', async () => {
    const { main } = await load();
    expect(await main([])).toBe(1);
    expect(printed.join('\n')).toContain('No data set could be prepared');
    await putCifar();
    expect(await main([])).toBe(0);
    expect(await main(['--set', 'nist'])).toBe(2);
    expect(printed.at(-1)).toContain('unknown set nist; known are mnist, fashion-mnist');
    expect(await main(['--sets'])).toBe(2);
    expect(await main(['--set'])).toBe(2);
  });

  it('says once of each set that it is missing', async () => {
    const written: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    await cp(new URL('../../../apps/cli/data/photos-free', import.meta.url), join(root, 'apps/cli/data/photos-free'), {
      recursive: true,
    });
    await putCifar();
    const { main } = await load();
    for (const attempt of ['first', 'second']) {
      written.length = 0;
      printed.length = 0;
      expect(await main(['--auto']), attempt).toBe(0);
      const text = [...written, ...printed].join('\n');
      for (const title of ['MNIST', 'Fashion-MNIST', 'Tiny Darknet']) {
        expect(
          text.split('\n').filter((line) => line.startsWith(`${title}: missing`)),
          `${attempt}: ${title}`,
        ).toHaveLength(1);
      }
      expect(text.match(/missing/g)).toHaveLength(3);
      expect(text.match(/to try again: npm run data -- --set tiny-darknet/g)).toHaveLength(1);
    }
    expect(printed).toEqual(['Data: CIFAR-10, Free photographs']);
  });

  it('lists what is here and what could be', async () => {
    await putCifar();
    const { main } = await load();
    await main(['--set=cifar-10']);
    printed.length = 0;
    expect(await main(['--list'])).toBe(0);
    const text = printed.join('\n');
    expect(text).toMatch(/cifar-10 +CIFAR-10: 30 of 50000 train; 10 of 10000 test; from CHALKGRAD_DATA/);
    expect(text).toMatch(/imagenette +Imagenette: not here; download of 99 MB/);
    expect(existsSync(join(root, 'data/packs/index.json'))).toBe(true);
  });
});
