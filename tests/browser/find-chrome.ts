/** Finds an installed Chrome or Chromium. Looks only; nothing is downloaded here. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { systemPath } from '../../apps/cli/vulkan.mjs';

const COMMANDS = [
  'google-chrome-stable',
  'google-chrome',
  'chromium',
  'chromium-browser',
  'chrome',
  'google-chrome-beta',
  'microsoft-edge',
];

const PATHS: Readonly<Record<string, readonly string[]>> = {
  linux: [
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/lib/chromium/chromium',
    '/opt/google/chrome/chrome',
    '/snap/bin/chromium',
  ],
  darwin: ['Google Chrome', 'Chromium', 'Google Chrome Beta', 'Google Chrome Canary', 'Microsoft Edge'].flatMap((name) => {
    const inside = `Applications/${name}.app/Contents/MacOS/${name}`;
    return [`/${inside}`, join(homedir(), inside)];
  }),
  win32: [
    'Google\\Chrome\\Application\\chrome.exe',
    'Chromium\\Application\\chrome.exe',
    'Microsoft\\Edge\\Application\\msedge.exe',
  ].flatMap((inside) =>
    [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].flatMap((base) =>
      base ? [join(base, inside)] : [],
    ),
  ),
};

/** What to do where there is no Chrome. */
export const INSTALL_CHROME =
  'Install one (https://www.google.com/chrome/, `apt-get install chromium` or `npx puppeteer browsers install chrome`), or set ' +
  'CHROME_PATH to the executable of one that is there.';

/**
 * As `findChrome`, for commands that cannot do without.
 * @throws Error that says what to do
 */
export function requireChrome(): string {
  const path = findChrome();
  if (!path) throw new Error(`No Chrome or Chromium was found. ${INSTALL_CHROME}`);
  return path;
}

/**
 * Path of the first Chrome or Chromium that starts: the one named by `CHROME_PATH` or `PUPPETEER_EXECUTABLE_PATH`, then the
 * common names and places of the platform, then puppeteer's own cache.
 * @throws Error where a variable names a file that does not exist
 */
export function findChrome(): string | undefined {
  for (const variable of ['CHROME_PATH', 'PUPPETEER_EXECUTABLE_PATH']) {
    const path = process.env[variable];
    if (!path) continue;
    if (!existsSync(path)) throw new Error(`${variable} names ${path}, which does not exist`);
    return path;
  }
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => COMMANDS.map((name) => join(folder, name)));
  const installed = (PATHS[process.platform] ?? []).map((path) => (process.platform === 'linux' ? systemPath(path) : path));
  const candidates = process.platform === 'linux' ? [...onPath, ...installed] : installed;
  return [...candidates, ...cachedByPuppeteer()].find(starts);
}

/** Newest first. */
function cachedByPuppeteer(): string[] {
  const cache = join(process.env.PUPPETEER_CACHE_DIR ?? join(homedir(), '.cache', 'puppeteer'), 'chrome');
  if (!existsSync(cache)) return [];
  const inside: Readonly<Record<string, readonly string[]>> = {
    linux: ['chrome-linux64/chrome'],
    darwin: ['arm64', 'x64'].map(
      (cpu) => `chrome-mac-${cpu}/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing`,
    ),
    win32: ['chrome-win64\\chrome.exe', 'chrome-win32\\chrome.exe'],
  };
  const versions = readdirSync(cache).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return versions.flatMap((version) => (inside[process.platform] ?? []).map((path) => join(cache, version, path)));
}

/** A file may be there and still not start: libraries are missing, or it is a stub that asks for a snap. */
export function starts(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return false;
  }
  // On Windows `--version` opens a window instead of printing.
  if (process.platform === 'win32') return true;
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}
