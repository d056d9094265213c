/** What the suites need of the machine: one row for each thing. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findChrome, INSTALL_CHROME, starts } from '../../../tests/browser/find-chrome.ts';
import { repositoryRoot } from '../root.ts';
import { systemPath, vulkanEnvironment } from '../vulkan.mjs';
import type { Found, Need } from './need.ts';

/** Asks in a process of its own, because the dynamic loader reads its variables only when a process starts. */
const PROBE = `
import { create, globals } from 'webgpu';
Object.assign(globalThis, globals);
const adapter = await create([]).requestAdapter();
if (!adapter) process.exit(1);
console.log(adapter.info.description || adapter.info.vendor || 'unnamed adapter');
process.exit(0);`;

function findAdapter(): Found | undefined {
  const env = vulkanEnvironment();
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', PROBE], {
    cwd: repositoryRoot,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? { name: stdout.trim(), env } : undefined;
}

function findBrowser(): Found | undefined {
  const path = findChrome();
  return path ? { name: path, env: { CHROME_PATH: path } } : undefined;
}

/** Firefox, where it is installed: named by `FIREFOX_PATH`, on the path, or where Debian puts it. */
export function findFirefox(): Found | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), systemPath('/usr/bin'), systemPath('/usr/lib/firefox-esr')];
  const named = process.env.FIREFOX_PATH ? [process.env.FIREFOX_PATH] : [];
  const path = [...named, ...folders.flatMap((folder) => ['firefox-esr', 'firefox'].map((name) => join(folder, name)))].find(
    (candidate) => existsSync(candidate) && starts(candidate),
  );
  return path ? { name: path, env: { FIREFOX_PATH: path } } : undefined;
}

/** In this order: the adapter of the second row comes with the browser of the first. */
export const NEEDS: readonly Need[] = [
  {
    what: 'Chrome or Chromium',
    suites: ['browser'],
    optional: false,
    find: findBrowser,
    packages: ['chromium'],
    download: (machine) => machine.downloadChrome(),
    byHand: INSTALL_CHROME,
  },
  {
    what: 'WebGPU in Node (a GPU with its driver, or the software adapter of a Chromium)',
    suites: ['node'],
    optional: false,
    find: findAdapter,
    packages: ['chromium'],
    // A Chrome that lacks libraries to start still has the loader and the software adapter beside it.
    download: (machine) => machine.downloadChrome(),
    byHand: 'Install Chromium (see above), or the Vulkan driver and loader (`libvulkan1`) of a GPU.',
  },
  {
    what: 'Firefox',
    suites: ['browser'],
    optional: true,
    find: findFirefox,
    packages: ['firefox-esr'],
    download: undefined,
    byHand: 'Install it (`apt-get install firefox-esr`), or set FIREFOX_PATH to its executable.',
  },
];
