import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot as root } from '../../../apps/cli/root.ts';
import { hasGpu, vulkanEnvironment } from '../../../apps/cli/vulkan.mjs';

/**
 * The machine of somebody new: no browser, no Vulkan loader or driver, no cache of downloads. What this machine has is hidden by other
 * search paths; the package manager is a script that brings this machine's Chromium back when it is asked for it.
 */
let system: string;
let log: string;

/** Folder of an installed Chromium with its software adapter: what the package brings. This process has been told of it already. */
const chromium = vulkanEnvironment({ CHROME_PATH: process.env.CHROME_PATH }).LD_LIBRARY_PATH?.split(delimiter).at(-1);
const executable = ['chromium', 'chrome'].map((name) => join(chromium ?? '', name)).find((path) => existsSync(path));

beforeEach(() => {
  system = mkdtempSync(join(tmpdir(), 'chalkgrad-'));
  log = join(system, 'apt.log');
  for (const folder of ['bin', 'home', 'etc', 'usr/bin', 'usr/lib']) mkdirSync(join(system, folder), { recursive: true });
});
afterEach(() => rmSync(system, { recursive: true }));

/** Makes it Debian, with a package manager that knows Chromium and nothing else. */
function addPackageManager(): void {
  writeFileSync(join(system, 'etc/os-release'), 'NAME="Debian GNU/Linux"\nID=debian\n');
  const file = join(system, 'bin/apt-get');
  const install = `const fs = require('node:fs');
fs.appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(' ') + '\\n');
if (process.argv.includes('install')) {
  if (process.argv.slice(process.argv.indexOf('install')).some((name) => /^[a-z]/.test(name) && !/^(install|chromium)$/.test(name))) process.exit(100);
  fs.symlinkSync(${JSON.stringify(chromium)}, ${JSON.stringify(join(system, 'usr/lib/chromium'))});
  fs.symlinkSync(${JSON.stringify(executable)}, ${JSON.stringify(join(system, 'usr/bin/chromium'))});
}
`;
  writeFileSync(file, `#!${process.execPath}\n${install}`);
  chmodSync(file, 0o755);
}

/** Runs a command of the launcher there. */
function run(...args: string[]): SpawnSyncReturns<string> {
  const hidden =
    /^(VITEST|VK_|LD_LIBRARY_PATH|CHROME_PATH|FIREFOX_PATH|PUPPETEER_|PLAYWRIGHT_|CHALKGRAD_|NODE_OPTIONS|TEST$|NODE_ENV$|CI$)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.test(name)));
  return spawnSync(process.execPath, [join(root, 'apps/cli/run.mjs'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...env,
      PATH: join(system, 'bin'),
      HOME: join(system, 'home'),
      CHALKGRAD_SYSTEM_ROOT: system,
      // No download: this machine's network is not what is tried here.
      HTTPS_PROXY: 'http://127.0.0.1:9',
      npm_config_proxy: 'http://127.0.0.1:9',
    },
    timeout: 140_000,
  });
}

const FIXTURES = join(root, 'tests/conformance/fixtures');
const FIRST_SUITE = ['test', '--only', 'node', '--files', 'tests/unit/core/adapter.test.ts', '--no-data'];
// Where a GPU or another system gives WebGPU to Node, there is nothing to hide and nothing to install.
const software = process.platform === 'linux' && !hasGpu() && chromium !== undefined && executable !== undefined;

describe.runIf(software)('on a machine without browser and Vulkan', { timeout: 300_000 }, () => {
  it.runIf(process.getuid?.() === 0)('`npm test` installs them before the first suite, which then passes', () => {
    addPackageManager();
    const { stdout, stderr, status } = run(...FIRST_SUITE);
    expect(stdout, stderr).toMatch(/Missing: WebGPU in Node[\s\S]*── node ──/);
    expect(stdout.trim().split('\n').at(-1)).toBe('1 passed, 0 failed');
    expect(status).toBe(0);
    expect(readFileSync(log, 'utf8')).toMatch(/DPkg::Lock::Timeout=\d+ update\n.*install -y --no-install-recommends chromium\n$/);
  });

  it('`npm test` says what to do where it may not install, and the last line counts it', () => {
    const { stdout, stderr, status } = run(...FIRST_SUITE);
    expect(stdout).toMatch(/Missing: WebGPU in Node.*cannot be installed here: this is not Debian.*Install Chromium/);
    expect(stderr).toContain('Not run: it needs WebGPU in Node');
    expect(stdout.trim().split('\n').at(-1)).toBe('0 passed, 1 failed');
    expect(status).toBe(1);
  });

  it('`npm run bench` says what to do before it does anything else', () => {
    const { stdout, stderr, status } = run('bench', '--quick');
    expect(stderr).toMatch(/^Error: No Chrome or Chromium was found\..*apt-get install chromium.*CHROME_PATH/);
    expect([stdout, status]).toEqual(['', 1]);
  });

  it('`npm run fixtures` and `npm run lab` use what needs none, and say what to do for WebGPU', () => {
    const fixtures = run('fixtures', FIXTURES, '--device', 'webgpu');
    expect(fixtures.stdout).toMatch(/^webgpu: not available here\..*software adapter.*apt-get install chromium/s);
    expect(fixtures.status).toBe(1);
    const lab = run('lab', 'regression', '--steps', '20');
    expect(lab.stderr).toMatch(/^WebGPU in Node needs a GPU.*apt-get install chromium/s);
    expect(lab.stdout).toMatch(/^20 steps in .* on /);
    expect(lab.status).toBe(0);
  });
});
