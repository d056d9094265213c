/** `npm run fixtures -- DIR`: replays a folder of fixtures on every available device. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDevice } from '../../engine/device/init.ts';
import { NoWebGPUError } from '../../engine/errors.ts';
import { requireChrome } from '../../tests/browser/find-chrome.ts';
import { openPageRunner } from '../../tests/browser/page-runner.ts';
import { type FixtureFiles, type FixtureResults, runFixtures } from '../../tests/conformance/fixtures.ts';
import { missingWebGpu } from './vulkan.mjs';

const DEVICES = ['cpu', 'wasm', 'webgpu', 'chrome'] as const;
type DeviceName = (typeof DEVICES)[number];

const USAGE = `npm run fixtures -- DIR [--device cpu|wasm|webgpu|chrome]

Replays the cases in DIR/fixtures.json (with the tensors of DIR/fixtures.safetensors) on the reference device, on WebAssembly and on
WebGPU in Node, or on the device that is asked for; 'chrome' is WebGPU in a headless browser.`;

interface Arguments {
  readonly folder: string;
  readonly device: DeviceName | undefined;
}

/** Undefined where the arguments make no sense. */
function parse(args: readonly string[]): Arguments | undefined {
  const option = args.indexOf('--device');
  const device = option < 0 ? undefined : (args[option + 1] as DeviceName | undefined);
  const [folder, ...rest] = args.filter((_, index) => option < 0 || (index !== option && index !== option + 1));
  const known = option < 0 || (device !== undefined && DEVICES.includes(device));
  return folder && rest.length === 0 && known ? { folder, device } : undefined;
}

type Replay = FixtureResults & { readonly adapter: string };

async function inChrome({ json, tensors }: FixtureFiles): Promise<Replay> {
  const runner = await openPageRunner();
  try {
    const args = [json, Buffer.from(tensors).toString('base64')];
    return (await runner.runInPage<Replay>('tests/conformance/fixtures-page.ts', 'runFixturesInPage', args)).value;
  } finally {
    await runner.close();
  }
}

async function inNode(files: FixtureFiles, choice: Exclude<DeviceName, 'chrome'>): Promise<Replay> {
  const device = await openDevice(choice);
  try {
    return { ...(await runFixtures(files, device)), adapter: device.info.name };
  } finally {
    device.destroy();
  }
}

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const given = parse(args);
  if (!given) {
    console.error(USAGE);
    return 2;
  }
  const { folder, device } = given;
  const missing = ['fixtures.json', 'fixtures.safetensors'].find((file) => !existsSync(join(folder, file)));
  if (missing) {
    console.error(`${join(folder, missing)} does not exist\n\n${USAGE}`);
    return 2;
  }
  const files = {
    json: readFileSync(join(folder, 'fixtures.json'), 'utf8'),
    tensors: new Uint8Array(readFileSync(join(folder, 'fixtures.safetensors'))),
  };
  if (device === 'chrome') requireChrome();
  let passed = 0;
  let failed = 0;
  for (const choice of device ? [device] : (['cpu', 'wasm', 'webgpu'] as const)) {
    try {
      const results = await (choice === 'chrome' ? inChrome(files) : inNode(files, choice));
      for (const { kind, name, message } of results.failures) console.log(`  ${kind} ${name}: ${message}`);
      console.log(`${choice} (${results.adapter}): ${results.passed} passed, ${results.failed} failed`);
      passed += results.passed;
      failed += results.failed;
    } catch (error) {
      // A machine without WebGPU replays on the other devices, unless WebGPU was asked for.
      if (!(error instanceof NoWebGPUError)) throw error;
      console.log(`webgpu: not available here. ${missingWebGpu() ?? error.message}`);
      if (device) return 1;
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
