/** `npm run lab -- ID --legs FOLDER`: a run that is cut into legs, by the clock or by a signal, reports what one whole run does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { main } from '../../../apps/cli/lab.ts';
import { parseLabArguments } from '../../../apps/cli/lab-arguments.ts';
import type { LabReport } from '../../../apps/cli/lab-report.ts';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { definition } from '../../../apps/labs/regression/schema.ts';

const root = mkdtempSync(join(tmpdir(), 'lab-legs-'));
afterAll(() => rmSync(root, { recursive: true }));
const mnist = existsSync(join(dataFolder, 'packs/mnist-train.pack'));

/** The terminal stays quiet; what was said is kept. */
let said: MockInstance[];
beforeEach(() => {
  vi.spyOn(console, 'table').mockImplementation(() => undefined);
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  said = (['log', 'error'] as const).map((name) => vi.spyOn(console, name).mockImplementation(() => undefined));
});
afterEach(() => {
  vi.restoreAllMocks();
});
const text = (): string => said.flatMap(({ mock }) => mock.calls.map(([line]) => String(line))).join('\n');

const read = (file: string): LabReport => JSON.parse(readFileSync(file, 'utf8'));

/** A report without times. */
const untimed = ({ started: _, legs: _legs, ...report }: LabReport): unknown =>
  JSON.parse(JSON.stringify(report, (key, value: unknown) => (key === 'seconds' ? undefined : value)));

const labs = {
  regression: ['steps=1000', 'evalEvery=50', 'units=4', 'samples=4', 'patience=3'],
  classify: [
    'network=skip-mlp',
    'depth=1',
    'units=6',
    'images=160',
    'validationImages=40',
    'testImages=40',
    'batch=16',
    'epochs=2',
  ],
  denoise: ['images=128', 'testImages=64', 'maps=2', 'depth=2', 'batch=8', 'epochs=1', 'strips=1000'],
  masktune: ['images=500', 'testImages=200', 'width=4', 'epochs=2'],
} as const;

const command = (lab: keyof typeof labs, ...more: readonly string[]): string[] => [
  ...[lab, ...labs[lab].flatMap((setting) => ['--set', setting])],
  ...['--device', lab === 'regression' ? 'cpu' : 'wasm', ...more],
];

describe.each(Object.keys(labs) as (keyof typeof labs)[])('%s', (lab) => {
  it.skipIf(lab !== 'regression' && !mnist)(
    'ends after several legs with the report of one run',
    async () => {
      const [whole, json, folder] = ['whole.json', 'legs.json', 'legs'].map((name) => join(root, lab, name)) as [
        string,
        string,
        string,
      ];
      expect(await main(command(lab, '--json', whole))).toBe(0);
      const leg = command(lab, '--legs', folder, '--json', json, '--minutes');
      expect(await main([...leg, '1e-9'])).toBe(3);
      expect(readdirSync(folder).sort()).toEqual(['run.json', 'run.safetensors']);
      expect(await main([...leg, '1e-9'])).toBe(3);
      expect(existsSync(json)).toBe(false);
      expect(await main([...leg, '60'])).toBe(0);
      expect(untimed(read(json))).toEqual(untimed(read(whole)));
      const { seconds, legs = [], steps } = read(json);
      expect(legs.length).toBe(3);
      expect(legs.map(({ step }) => step)).toEqual([...legs.map(({ step }) => step)].sort((a, b) => a - b));
      expect(legs[0]?.step).toBeLessThan(steps);
      expect(seconds).toBe(legs.reduce((sum, { seconds }) => sum + seconds, 0));

      // Finished: said again, not computed again.
      rmSync(json);
      expect(await main([...leg, '1e-9'])).toBe(0);
      expect(read(json)).toEqual(read(join(folder, 'result.json')));
    },
    120_000,
  );
});

it('keeps what it has when it is told to end, and goes on', { timeout: 120_000 }, async () => {
  const folder = join(root, 'signal');
  const long = ['regression', 'setting=weight decay', 'steps=6000', 'units=4', '--device', 'cpu'];
  const child = spawn(process.execPath, ['apps/cli/run.mjs', 'lab', ...long, '--legs', folder], { cwd: repositoryRoot });
  let output = '';
  child.stdout.on('data', (bytes) => {
    output += bytes;
  });
  const ended = once(child, 'exit');
  // The first checkpoint is written at once, later ones in memory until the end or some time has gone.
  while (!existsSync(join(folder, 'run.safetensors')) && child.exitCode === null) await wait(20);
  child.kill('SIGTERM');
  expect(await ended, output).toEqual([3, null]);
  expect(output).toMatch(/The leg is over at step \d+ of 6000; the same command goes on \(leg 1 took/);
  expect(await main([...long, '--legs', folder])).toBe(0);
  expect(await main([...long, '--json', join(root, 'whole.json')])).toBe(0);
  expect(untimed(read(join(folder, 'result.json')))).toEqual(untimed(read(join(root, 'whole.json'))));
});

describe('a folder', () => {
  const run = (folder: string, ...more: readonly string[]) =>
    main(command('regression', '--legs', folder, '--minutes', '1e-9', ...more));
  const contents = (folder: string) => readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('latin1'));

  it('of another lab, other settings or another seed is refused and stays as it is', async () => {
    const folder = join(root, 'other');
    expect(await run(folder)).toBe(3);
    const before = contents(folder);
    expect(await run(folder, '--seed', '2')).toBe(1);
    expect(text()).toMatch(/--legs: .*other keeps another run: seed is 1 there and 2 here/);
    expect(await run(folder, '--set', 'units=5')).toBe(1);
    expect(text()).toMatch(/units is 4 there and 5 here/);
    expect(await main(['classify', '--legs', folder])).toBe(1);
    expect(text()).toMatch(/of 'regression', not of 'classify'/);
    expect(contents(folder)).toEqual(before);
  });

  it('that another process writes is refused; one whose process was killed goes on', async () => {
    const folder = join(root, 'held');
    expect(await run(folder)).toBe(3);
    const before = contents(folder);
    const held = join(folder, 'held-by');
    writeFileSync(held, String(process.ppid));
    expect(await run(folder)).toBe(1);
    expect(text()).toContain(`--legs: process ${process.ppid} is writing '${folder}'. Wait for it, or remove ${held}`);
    rmSync(held);
    expect(contents(folder)).toEqual(before);
    const { pid } = spawn('true');
    await wait(500);
    writeFileSync(held, String(pid));
    expect(await run(folder)).toBe(3);
    expect(readdirSync(folder).sort()).toEqual(['run.json', 'run.safetensors']);
  });

  it('whose run nobody knows is refused; its checkpoint can be where a new one begins', async () => {
    const [first, stray, next] = ['first', 'stray', 'next'].map((name) => join(root, name)) as [string, string, string];
    expect(await run(first)).toBe(3);
    const bytes = readFileSync(join(first, 'run.safetensors'));
    rmSync(join(first, 'run.json'));
    expect(await run(first)).toBe(1);
    expect(text()).toMatch(/has run.safetensors but no run.json.*give it as --checkpoint with a new folder/);
    writeFileSync(stray, bytes);
    expect(await run(next, '--checkpoint', stray)).toBe(3);
    const { legs } = JSON.parse(readFileSync(join(next, 'run.json'), 'utf8'));
    expect(legs[0].step).toBe(500);
  });

  it('has one of its own for each seed, and those that are finished are not run again', async () => {
    const folder = join(root, 'seeds');
    const json = join(root, 'seeds.json');
    const seeds = (minutes: string) =>
      main(command('regression', '--seeds', '1,2', '--legs', folder, '--json', json, '--minutes', minutes));
    expect(await seeds('1e-9')).toBe(3);
    expect(readdirSync(folder)).toEqual(['seed-1']);
    expect(await seeds('60')).toBe(0);
    const { summary, runs } = JSON.parse(readFileSync(json, 'utf8'));
    expect(runs.map(({ config, legs }: LabReport) => [config.seed, legs?.length])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(summary.settings.none['train MSE'].values).toHaveLength(2);
  });

  it('is not for a lab that cannot go on, nor for a recording', async () => {
    const folder = join(root, 'saliency');
    expect(await main(['saliency', '--legs', folder])).toBe(1);
    expect(text()).toMatch(/a run of 'saliency' gives no checkpoint to go on from: it is made in one piece/);
    expect(existsSync(folder)).toBe(false);
    const errors = (...args: string[]) => parseLabArguments(definition, args).errors;
    expect(errors('--legs', 'a', '--record', 'b')).toHaveLength(1);
    expect(errors('--minutes', '5')).toEqual(['--minutes is of a leg: give --legs FOLDER too']);
    expect(errors('--legs', 'a', '--minutes', 'soon')).toEqual(['--minutes soon is no time']);
  });
});
