import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegOf, quarters } from '../unit/data/exif-writer.ts';
import { pictureFiles } from '../unit/data/picture-files.ts';
import { pngOf } from '../unit/data/png-writer.ts';
import { openPageRunner, type PageRunner } from './page-runner.ts';
import type { Decoded } from './readers.probe.ts';

const PROBE = 'tests/browser/readers.probe.ts';
let runner: PageRunner;
beforeAll(async () => {
  runner = await openPageRunner({ adapter: 'none' });
});
afterAll(() => runner.close());

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('readers in a page', () => {
  it('pictures have the size, orientation and values that the decoder for Node gives', async () => {
    const files = pictureFiles().map(({ name, bytes }) => ({ name, base64: base64(bytes) }));
    const { value } = await runner.runInPage<Record<string, Decoded>>(PROBE, 'decodeBoth', [files]);
    // JPEG decoders round differently; a canvas keeps colours times alpha, so a colour below alpha can lose a level.
    const apart = (name: string): number => (name.endsWith('.jpg') ? 3 : /alpha|palette/.test(name) ? 1 : 0);
    expect(Object.entries(value).filter(([name, decoded]) => decoded.apart < 0 || decoded.apart > apart(name))).toEqual([]);
    expect(value['orientation 6, little endian.jpg']).toMatchObject({ width: 16, height: 24 });
  });

  it('damaged and absurd pictures raise a typed error', async () => {
    const jpeg = jpegOf(quarters());
    const sof = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
    const huge = jpeg.slice();
    huge.set([0xff, 0xff, 0xff, 0xff], sof + 5);
    const png = pngOf({ width: 4, height: 4, depth: 8, colour: 2, samples: () => [1, 2, 3] });
    const vast = png.slice();
    vast.set([0, 1, 0, 0, 0, 1, 0, 0], 16);
    const files = [huge, jpeg.subarray(0, 30), vast, png.subarray(0, 40), new Uint8Array(0)];
    const { value } = await runner.runInPage<string[]>(PROBE, 'decodeDamaged', [files.map(base64)]);
    expect(value).toEqual(files.map(() => 'DataFormatError'));
  });

  it('several gzip members are one file, zeros may stand behind, anything else is an error', async () => {
    const { value } = await runner.runInPage<Record<string, string>>(PROBE, 'gzipMembers');
    expect(value).toEqual({
      'two members': '1500',
      'two members in pieces': '1500',
      'zeros behind': '1000',
      'zeros behind in pieces': '1500',
      'text behind': 'DataFormatError',
      cut: 'DataFormatError',
    });
  });
});
