import { expect, it } from 'vitest';
import { decodePng } from '../../../engine/data/formats/png.ts';
import { encodePng } from '../../../engine/data/formats/png-encode.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { Generator } from '../../../engine/random.ts';

it.each([1, 3])('writes what the decoder reads back, %i channels', async (channels) => {
  const data = Uint8Array.from(new Generator(channels, 'png').uniform(7 * 5 * channels, 0, 256));
  const decoded = await decodePng(await encodePng({ width: 7, height: 5, channels, data }), 'written');
  expect([decoded.width, decoded.height]).toEqual([7, 5]);
  // The decoder gives three channels.
  const expected = channels === 3 ? [...data] : [...data].flatMap((value) => [value, value, value]);
  expect([...decoded.data]).toEqual(expected);
});

it('refuses what is no picture', async () => {
  await expect(encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(5) })).rejects.toThrow(ConfigError);
  await expect(encodePng({ width: 1, height: 1, channels: 2, data: new Uint8Array(2) })).rejects.toThrow(ConfigError);
});
