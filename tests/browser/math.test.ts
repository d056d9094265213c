import { expect, it } from 'vitest';
import { checksums } from '../unit/math/checksums.ts';
import { runInPage } from './page-runner.ts';

it('the elementary functions have the same bits in a page as in Node', { timeout: 120_000 }, async () => {
  const { value, errors } = await runInPage('tests/unit/math/checksums.ts', 'checksums', []);
  expect(value).toEqual(checksums());
  expect(errors).toEqual([]);
});
