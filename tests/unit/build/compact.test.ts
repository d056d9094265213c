/** What a site ships of a shader says the same as the file, before and after its loops are expanded. */
import { expect, it } from 'vitest';
import { compact } from '../../../shaders/build/compact.ts';
import { tokenize } from '../../../shaders/build/tokens.ts';
import { unroll } from '../../../shaders/build/unroll.ts';

const shaders = import.meta.glob<string>('../../../shaders/**/*.wgsl', { query: '?raw', import: 'default', eager: true });
const words = (text: string): string =>
  tokenize(text)
    .map((token) => token.text)
    .join(' ');

it.each(Object.entries(shaders))('%s', (path, source) => {
  const short = compact(source);
  expect(short.length).toBeLessThan(source.length);
  expect(short).not.toMatch(/\/\/(?! @unroll)|\/\*/);
  expect(words(short)).toBe(words(source));
  expect(words(unroll(short, path))).toBe(words(unroll(source, path)));
});
