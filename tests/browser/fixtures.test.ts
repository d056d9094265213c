import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import type { FixtureResults } from '../conformance/fixtures.ts';
import { runInPage } from './page-runner.ts';

// On the device that a reader's page takes: a GPU, else the processor. Node replays them on the software adapter too.
it('replays the PyTorch fixtures in a page', { timeout: 600_000 }, async () => {
  const read = (name: string) => readFileSync(`${repositoryRoot}/tests/conformance/fixtures/${name}`);
  const json = read('fixtures.json').toString();
  const { value, errors } = await runInPage<FixtureResults>('tests/conformance/fixtures-page.ts', 'runFixturesInPage', [
    json,
    read('fixtures.safetensors').toString('base64'),
    'auto',
  ]);
  expect(value.failures).toEqual([]);
  expect(value.passed).toBe(JSON.parse(json).cases.length);
  expect(errors).toEqual([]);
});
