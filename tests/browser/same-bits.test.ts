/** The WebAssembly device gives the same bits in every engine: a hundred steps of training in Node, Chrome and Firefox. */
import puppeteer from 'puppeteer';
import { beforeAll, describe, expect, it } from 'vitest';
import { findFirefox } from '../../apps/cli/needs/table.ts';
import { type TrainedBits, trainedBits } from '../unit/device/training-bits.ts';
import { launchBrowser } from './launch.ts';
import { openPageRunner } from './page-runner.ts';

const firefox = findFirefox()?.name;
const browsers = [
  ['Chrome', () => launchBrowser({ adapter: 'none' })] as const,
  ...(firefox
    ? [['Firefox', () => puppeteer.launch({ browser: 'firefox', executablePath: firefox, headless: true })] as const]
    : []),
];

let node: TrainedBits;
beforeAll(async () => {
  node = await trainedBits(1);
});

describe.each(browsers)('%s', (_, launch) => {
  it('trains to the bits of Node, on one thread and on two', { timeout: 180_000 }, async () => {
    const runner = await openPageRunner({}, launch);
    try {
      for (const threads of [1, 2]) {
        const { value, errors } = await runner.runInPage<TrainedBits>('tests/unit/device/training-bits.ts', 'trainedBits', [
          threads,
        ]);
        expect(errors).toEqual([]);
        expect(value).toEqual({ threads, bits: node.bits });
      }
    } finally {
      await runner.close();
    }
  });
});
