/** What this machine lets a command do, and how programs are run on it. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { program, runShown } from '../prepare.ts';
import { systemPath } from '../vulkan.mjs';

/** The part of a machine that installing takes; tests give another one. */
export interface Machine {
  /** Why packages of the distribution cannot be installed; undefined where they can. */
  readonly noPackages: string | undefined;
  /** Installs packages of the distribution. @returns true where the installer ended well */
  installPackages(names: readonly string[]): boolean;
  /** Downloads Chrome for Testing into puppeteer's cache, which needs no rights. @returns true where the installer ended well */
  downloadChrome(): boolean;
  say(line: string): void;
}

/** Seconds that an installation waits for another one to end. */
const LOCK_SECONDS = 300;
const APT_OPTIONS = ['-q', '-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`];

/** Debian itself: on Ubuntu the package `chromium` only asks for a snap, which containers do not run. */
function isDebian(): boolean {
  const file = systemPath('/etc/os-release');
  return existsSync(file) && /^ID=["']?debian["']?$/m.test(readFileSync(file, 'utf8'));
}

const onPath = (name: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));

function whyNoPackages(): string | undefined {
  if (process.platform !== 'linux' || !isDebian()) return 'this is not Debian';
  if (!onPath('apt-get')) return 'there is no apt-get';
  return process.getuid?.() === 0 ? undefined : 'only root may install packages';
}

/** This machine. */
export const thisMachine: Machine = {
  noPackages: whyNoPackages(),
  installPackages(names) {
    const apt = (...args: string[]): boolean =>
      runShown('apt-get', [...APT_OPTIONS, ...args], { env: { DEBIAN_FRONTEND: 'noninteractive' } }) === 0;
    // Its failure is not the end: the lists that are there may do, and another process may be reading new ones just now.
    apt('update');
    return apt('install', '-y', '--no-install-recommends', ...names);
  },
  downloadChrome() {
    // As root it also brings the libraries that Chrome loads, where it knows the distribution.
    const libraries = process.platform === 'linux' && process.getuid?.() === 0 ? ['--install-deps'] : [];
    return runShown(process.execPath, [program('puppeteer'), 'browsers', 'install', 'chrome', ...libraries]) === 0;
  },
  say: (line) => console.log(line),
};
