import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Measurement } from '../../engine/device/tuning/tune.ts';
import { openPageRunner, type PageRunner } from './page-runner.ts';

const PROBE = 'tests/browser/tuning.probe.ts';
const ENTRIES = [['matmul@1|a,b|N=2^6/4', { variant: 'a', microseconds: 12.5 }]];

let runner: PageRunner;
beforeAll(async () => {
  runner = await openPageRunner({ adapter: 'software' });
});
afterAll(() => runner?.close());

it('choices outlive the page in its database, and workers see them', async () => {
  const { value, errors } = await runner.runInPage(PROBE, 'storeAndLoad');
  expect(errors).toEqual([]);
  expect(value).toEqual({ before: null, here: ENTRIES, there: ENTRIES, other: null });
  const later = await runner.runInPage(PROBE, 'laterPage');
  expect(later.errors).toEqual([]);
  expect(later.value).toEqual({ entries: ENTRIES, foreign: 'NotFoundError' });
});

it('nothing is measured unasked or in a hidden page; where it is forced, the choice is used', async () => {
  interface Tuned {
    readonly unasked: boolean;
    readonly hidden: number;
    readonly adapter: string;
    readonly measured: readonly Measurement[];
    readonly chosen: readonly string[];
  }
  const { value, errors } = await runner.runInPage<Tuned>(PROBE, 'tuneInPage');
  expect(errors).toEqual([]);
  expect(value).toMatchObject({ unasked: true, hidden: 0 });
  expect(value.adapter).toMatch(/\| Chrome \d+$/);
  expect(value.measured.length).toBe(1);
  expect(Object.keys(value.measured[0]?.times ?? {}).length).toBeGreaterThan(1);
  expect(value.chosen).toEqual([value.measured[0]?.variant, 'measured']);
});
