/** Starts an installed Firefox, where there is one: `FIREFOX_PATH`, else the usual names and places. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer';
import { systemPath } from '../../apps/cli/vulkan.mjs';

const PLACES: Readonly<Record<string, readonly string[]>> = {
  linux: ['/usr/bin/firefox', '/usr/bin/firefox-esr', '/usr/lib/firefox-esr/firefox-esr'].map((path) => systemPath(path)),
  darwin: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
  win32: ['C:\\Program Files\\Mozilla Firefox\\firefox.exe'],
};

export function findFirefox(): string | undefined {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => ['firefox', 'firefox-esr'].map((n) => join(folder, n)));
  const named = process.env.FIREFOX_PATH ? [process.env.FIREFOX_PATH] : [];
  return [...named, ...onPath, ...(PLACES[process.platform] ?? [])].find((path) => existsSync(path));
}

export function launchFirefox(executablePath: string): Promise<Browser> {
  return puppeteer.launch({ browser: 'firefox', executablePath, headless: true, protocolTimeout: 600_000 });
}
