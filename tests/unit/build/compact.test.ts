/** What a site ships of a shader says the same as the file, before and after its loops are expanded. */
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { compact } from '../../../shaders/build/compact.ts';
import { readIncluded, readShader } from '../../../shaders/build/read.ts';
import { shipped, usesOf } from '../../../shaders/build/shipped.ts';
import { tokenize } from '../../../shaders/build/tokens.ts';
import { shaderFiles } from '../../../shaders/build/types.ts';
import { unroll } from '../../../shaders/build/unroll.ts';

const words = (text: string): string =>
  tokenize(text)
    .map((token) => token.text)
    .join(' ');

it.each(shaderFiles(repositoryRoot))('%s', (path) => {
  const source = readIncluded(repositoryRoot, path).text;
  const short = compact(source);
  expect(short.length).toBeLessThan(source.length);
  expect(short).not.toMatch(/\/\/(?! @unroll)|\/\*/);
  expect(words(short)).toBe(words(source));
  expect(words(unroll(short, path))).toBe(words(unroll(source, path)));
  const { shader } = readShader(repositoryRoot, path);
  const { params, entryPoints, overrides } = shipped(path, short, usesOf(shader));
  expect({ params, entryPoints, overrides }).toEqual({
    params: shader.params,
    entryPoints: shader.entryPoints,
    overrides: shader.overrides,
  });
});
