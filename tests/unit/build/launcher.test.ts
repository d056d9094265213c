import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot as root } from '../../../apps/cli/root.ts';
import { vulkanEnvironment } from '../../../apps/cli/vulkan.mjs';
import { findChrome } from '../../browser/find-chrome.ts';

const launcher = join(root, 'apps/cli/run.mjs');
let folder: string;
// Inside the repository, so that relative imports of its files look as they do in a real script.
beforeAll(() => {
  folder = mkdtempSync(join(root, 'node_modules/.launcher-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const run = (...args: string[]) => spawnSync(process.execPath, [launcher, ...args], { encoding: 'utf8' });

describe('the launcher', () => {
  it('runs TypeScript with a .wgsl import, a late import and arguments, and passes the exit code of main on', () => {
    const file = script(
      'a.ts',
      `import shader from '../../shaders/unary.wgsl';
export async function main(args: readonly string[]): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { repositoryRoot } = await import('../../apps/cli/root.ts');
  console.log(JSON.stringify([shader.path, args, process.argv.slice(2), typeof repositoryRoot]));
  return 7;
}`,
    );
    const { stdout, status, stderr } = run('exec', file, '--x', 'y z');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(['shaders/unary.wgsl', ['--x', 'y z'], ['--x', 'y z'], 'string']);
    expect(status).toBe(7);
  });

  it('shows where a script failed, in the lines of its source', () => {
    const { stderr, status } = run(
      'exec',
      script('b.ts', `interface Unused {\n  a: number;\n}\nthrow new Error('on line four');\n`),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/on line four[\s\S]*b\.ts:4/);
  });

  it('names the file and line of a broken shader', () => {
    script('broken.wgsl', '@compute @workgroup_size(8 * 8)\nfn main() { }\n');
    const { stderr, status } = run('exec', script('c.ts', `import shader from './broken.wgsl';\nconsole.log(shader);\n`));
    expect(status).toBe(1);
    expect(stderr).toMatch(/broken\.wgsl:1: @workgroup_size\(8 \* 8\): only literals/);
  });

  it('explains itself and refuses what it does not know', () => {
    expect(run('help')).toMatchObject({ status: 0, stdout: expect.stringContaining('exec FILE') });
    expect(run('nonsense')).toMatchObject({ status: 2, stderr: expect.stringContaining('exec FILE') });
    expect(run('exec', join(folder, 'none.ts'))).toMatchObject({ status: 1, stderr: expect.stringContaining('does not exist') });
  });

  it.each(['start', 'build', 'screenshots'])('%s refuses an option that it does not know', (command) => {
    const { status, stderr } = run(command, '--wat');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Unknown option '--wat'/);
    // In one sentence: no trace of calls.
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('ends with the signal that it gets', async () => {
    const child = spawn(process.execPath, [
      launcher,
      'exec',
      script('d.ts', `console.log('up');\nsetInterval(() => {}, 1000);\n`),
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const ended = new Promise<[number | null, string | null]>((resolve) =>
      child.on('exit', (code, signal) => resolve([code, signal])),
    );
    child.kill('SIGTERM');
    const [code, signal] = await ended;
    expect(code === 143 || signal === 'SIGTERM').toBe(true);
  });
});

describe('what the machine offers', () => {
  it('leaves a chosen Vulkan driver alone', () => {
    expect(vulkanEnvironment({ VK_ICD_FILENAMES: '/opt/mine.json' })).toEqual({});
    expect(vulkanEnvironment({ VK_DRIVER_FILES: '/opt/mine.json' })).toEqual({});
  });

  it('adds to a library path, once', () => {
    const first = vulkanEnvironment({ LD_LIBRARY_PATH: '/opt/lib' });
    const path = first.LD_LIBRARY_PATH;
    // Empty on a machine with a GPU and its driver, or without any Chromium.
    if (path === undefined) return;
    expect(path.split(':')[0]).toBe('/opt/lib');
    expect(vulkanEnvironment({ LD_LIBRARY_PATH: path }).LD_LIBRARY_PATH).toBe(path);
  });

  it('refuses a named Chrome that is not there', () => {
    const before = process.env.CHROME_PATH;
    process.env.CHROME_PATH = join(root, 'no-chrome-here');
    try {
      expect(() => findChrome()).toThrow('CHROME_PATH');
    } finally {
      if (before === undefined) delete process.env.CHROME_PATH;
      else process.env.CHROME_PATH = before;
    }
  });
});
