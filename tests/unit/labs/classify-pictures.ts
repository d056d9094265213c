/** Made-up pictures in packs, for tests of the classify lab: a bright spot whose place is the class, on noise. */
import { DATASETS } from '../../../engine/data/catalog.ts';
import { imageDataset } from '../../../engine/data/dataset.ts';
import { writePixelPack } from '../../../engine/data/pack.ts';
import { Generator } from '../../../engine/random.ts';

const SIDE = 28;

/** Bytes of `count` pictures; picture n shows class n mod 10. */
export function spots(count: number, stream: string): Uint8Array<ArrayBuffer> {
  const noise = new Generator(7, stream).uniform(count * SIDE * SIDE, 0, 120);
  return Uint8Array.from(noise, (value, at) => {
    const label = Math.floor(at / (SIDE * SIDE)) % 10;
    const [y, x] = [Math.floor((at % (SIDE * SIDE)) / SIDE), at % SIDE];
    const [cy, cx] = [6 + 8 * Math.floor(label / 4), 4 + 6 * (label % 4)];
    return Math.min(255, value + 150 * Math.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 10));
  });
}

/** The folder of packs as its files. */
export async function spotPacks(train: number, test: number): Promise<Map<string, Uint8Array>> {
  const { classNames, mean, std } = DATASETS.mnist;
  const pack = (split: 'train' | 'test', count: number) => {
    const info = { name: 'mnist', split, height: SIDE, width: SIDE, channels: 1, classNames, mean, std };
    const labels = Uint8Array.from({ length: count }, (_, n) => n % 10);
    return writePixelPack(imageDataset(info, spots(count, split), labels), 'made up');
  };
  const files = new Map([
    ['train.pack', await pack('train', train)],
    ['test.pack', await pack('test', test)],
  ]);
  const entry = (file: string, split: string, count: number) => ({
    file,
    name: 'mnist',
    split,
    count,
    bytes: files.get(file)?.length,
    sha256: '',
  });
  const packs = [entry('train.pack', 'train', train), entry('test.pack', 'test', test)];
  files.set('index.json', new TextEncoder().encode(JSON.stringify({ version: 1, packs, models: {} })));
  return files;
}
