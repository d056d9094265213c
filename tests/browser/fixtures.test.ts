import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import type { FixtureResults } from '../conformance/fixtures.ts';
import { runInPage } from './page-runner.ts';

it('replays the PyTorch fixtures on WebGPU in a page', { timeout: 600_000 }, async () => {
  const read = (name: string) => readFileSync(`${repositoryRoot}/tests/conformance/fixtures/${name}`);
  const json = read('fixtures.json').toString();
  const { value, errors } = await runInPage<FixtureResults>('tests/conformance/fixtures-page.ts', 'runFixturesInPage', [
    json,
    read('fixtures.safetensors').toString('base64'),
  ]);
  expect(value.failures).toEqual([]);
  expect(value.passed).toBe(JSON.parse(json).cases.length);
  expect(errors).toEqual([]);
});
