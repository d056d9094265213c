/** The peers live in `bench/package.json`; they are installed when the benchmark runs for the first time. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const benchRoot = resolve(import.meta.dirname, '..');

/** Installs what is missing or has another version than `bench/package-lock.json`, and returns the versions. */
export function installPeers(log: (line: string) => void): Record<string, string> {
  const wanted = readJson(join(benchRoot, 'package.json')).dependencies as Record<string, string>;
  const current = Object.entries(wanted).every(([name, version]) => installedVersion(name) === version);
  if (!current) {
    log('installing the peer libraries into bench/node_modules …');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const done = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: benchRoot,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (done.status !== 0) throw new Error('npm could not install the peers of bench/package.json; see the message above');
  }
  return Object.fromEntries(Object.keys(wanted).map((name) => [name, installedVersion(name) ?? '']));
}

function installedVersion(name: string): string | undefined {
  const file = join(benchRoot, 'node_modules', name, 'package.json');
  return existsSync(file) ? (readJson(file).version as string) : undefined;
}

function readJson(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}
