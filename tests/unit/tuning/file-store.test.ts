import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultTuningFolder, fileStore } from '../../../engine/device/tuning/file-store-node.ts';
import { makeRecord, readRecord } from '../../../engine/device/tuning/record.ts';
import { tuneDevice } from '../../../engine/device/tuning/tune.ts';
import { fakeDevice, fakeKernel } from './fake.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuning-'));
});
afterEach(() => rm(folder, { recursive: true }));

const entries = new Map([['matmul@1|a,b|N=2^6/4', { variant: 'a', microseconds: 12.5 }]]);

it('gives back what was saved, per adapter, through a folder that it makes', async () => {
  const store = fileStore(join(folder, 'deep/er'));
  expect(await store.load('one')).toBeUndefined();
  await store.save('one', makeRecord('one', entries));
  await store.save('two', makeRecord('two', new Map()));
  expect(readRecord(await store.load('one'), 'one')).toEqual(entries);
  expect(readRecord(await store.load('two'), 'two')?.size).toBe(0);
  expect((await readdir(join(folder, 'deep/er'))).length, 'and no half-written file').toBe(2);
});

it('a broken file is ignored with a warning and replaced', async () => {
  const store = fileStore(folder);
  const device = fakeDevice({ tile: 0.5, wide: 2 });
  const work = [{ kernel: fakeKernel(['naive', 'tile', 'wide']), params: { n: 100 } }];
  const { adapter } = await tuneDevice(device, work, { now: () => device.clock.now, store });
  const [file = ''] = await readdir(folder);
  await writeFile(join(folder, file), '{"format": 1, "entr');
  const warnings: string[] = [];
  const later = fakeDevice({ tile: 0.5, wide: 2 });
  const report = await tuneDevice(later, work, {
    now: () => later.clock.now,
    store,
    warn: (message) => warnings.push(message),
  });
  expect(warnings.length).toBe(1);
  expect(warnings[0]).toMatch(/^tuning: the stored choices could not be read: .*JSON/);
  expect(report.measured.length).toBe(1);
  expect(readRecord(await store.load(adapter), adapter)?.size).toBe(1);
});

it('lies in the cache of the user', () => {
  expect(defaultTuningFolder()).toMatch(/chalkgrad[\\/]tuning$/);
});

it('keeps the newest entries where there are too many', () => {
  const many = new Map(Array.from({ length: 3000 }, (_, i) => [`key ${i}`, { variant: 'a', microseconds: 1 }]));
  const kept = Object.keys(makeRecord('one', many).entries);
  expect(kept.length).toBe(2000);
  expect(kept.at(-1)).toBe('key 2999');
});
