/** What the command line makes of several seeds, and of files and folders. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseLabArguments } from '../../../apps/cli/lab-arguments.ts';
import { labFiles } from '../../../apps/cli/lab-files.ts';
import { argumentsOf, summarise, summaryText } from '../../../apps/cli/lab-seeds.ts';
import { definition } from '../../../apps/labs/regression/schema.ts';

test('rows of one name are one; their numbers have a mean, a 95 % interval and a range', () => {
  const run = (seed: number, mse: number) => ({
    seed,
    tables: new Map([['settings', [{ setting: 'none', seed, 'train MSE': mse, 'held-out MSE': null }]]]),
    result: { none: { steps: 6000, list: [1] } },
  });
  const { settings, result } = summarise([run(1, 1), run(2, 2), run(3, 6)]);
  // s = √7, t(0.975, 2) = 4.302653: 3 ± 4.302653 √(7/3).
  const half = 4.302653 * Math.sqrt(7 / 3);
  expect(settings?.none).toEqual({
    'train MSE': {
      mean: 3,
      low: expect.closeTo(3 - half, 4),
      high: expect.closeTo(3 + half, 4),
      least: 1,
      most: 6,
      values: [1, 2, 6],
    },
  });
  expect(summaryText(settings?.none?.['train MSE'] ?? '')).toBe('3 [-3.572, 9.572] 1…6');
  expect(Object.keys(result?.none ?? {})).toEqual(['steps']);
  const alone = summarise([run(1, 0.25)]).settings?.none?.['train MSE'];
  expect(alone).toEqual({ mean: 0.25, least: 0.25, most: 0.25, values: [0.25] });
});

test('--seeds takes whole numbers, and no recording', () => {
  expect(parseLabArguments(definition, ['--seeds', '1,2,3']).seeds).toEqual([1, 2, 3]);
  expect(parseLabArguments(definition, ['--seeds', '1,x']).errors).toEqual([
    '--seeds 1,x is no list of whole numbers, such as 1,2,3',
  ]);
  expect(parseLabArguments(definition, ['--seeds=1,2', '--record', 'a.json']).errors).toHaveLength(1);
  for (const seed of ['--seed=3', 'seed=3'])
    expect(parseLabArguments(definition, ['--seeds=1,2', seed]).errors).toEqual([
      '--seeds and a seed of its own exclude each other: give one of them',
    ]);
  expect(parseLabArguments(definition, ['--record-every', '900']).errors).toEqual([
    '--record-every is of a recording: give --record FILE too',
  ]);
  expect(parseLabArguments(definition, ['--give', 'a', '--give=b']).given).toEqual(['a', 'b']);
});

test('each seed has folders of its own, and no file of numbers', () => {
  const args = parseLabArguments(definition, ['--seeds=1,2', '--files', 'out', '--save=nets', '--json', 'a.json', 'units=20']);
  const two = argumentsOf(2, args);
  expect(two).toMatchObject({ files: join('out', 'seed-2'), save: join('nets', 'seed-2'), config: { units: 20, seed: 2 } });
  expect(['json' in two, 'legs' in two]).toEqual([false, false]);
});

test('a folder is read with its own name, as a browser names what is dropped', async () => {
  const root = mkdtempSync(join(tmpdir(), 'lab-files-'));
  mkdirSync(join(root, 'mine/cats'), { recursive: true });
  writeFileSync(join(root, 'mine/cats/1.png'), Uint8Array.of(1, 2));
  writeFileSync(join(root, 'net.safetensors'), Uint8Array.of(3));
  try {
    const files = await labFiles([join(root, 'mine'), join(root, 'net.safetensors')]);
    expect([...files.keys()]).toEqual(['mine/cats/1.png', 'net.safetensors']);
    expect(files.get('net.safetensors')).toEqual(Uint8Array.of(3));
    // Pictures and archives of them are read when they are needed.
    expect(await (files.get('mine/cats/1.png') as Blob).arrayBuffer()).toEqual(Uint8Array.of(1, 2).buffer);
    await expect(labFiles([join(root, 'nothing')])).rejects.toThrow(/nothing/);
    writeFileSync(join(root, 'mine/net.safetensors'), Uint8Array.of(4));
    await expect(labFiles([join(root, 'net.safetensors'), join(root, 'mine/net.safetensors')])).rejects.toThrow(
      'two files are named net.safetensors',
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});
