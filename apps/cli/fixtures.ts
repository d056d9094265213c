/** `npm run fixtures -- DIR`: replays a folder of fixtures on every available device. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeviceChoice, openDevice } from '../../engine/device/init.ts';
import { NoWebGPUError } from '../../engine/errors.ts';
import { runFixtures } from '../../tests/conformance/fixtures.ts';

const USAGE = `npm run fixtures -- DIR [--device cpu|webgpu]

Replays the cases in DIR/fixtures.json (with the tensors of DIR/fixtures.safetensors) on the reference device and on WebGPU.`;

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const option = args.indexOf('--device');
  const wanted = option < 0 ? undefined : args[option + 1];
  const [folder, ...rest] = args.filter((_, index) => option < 0 || (index !== option && index !== option + 1));
  if (!folder || rest.length > 0 || (wanted !== undefined && wanted !== 'cpu' && wanted !== 'webgpu')) {
    console.error(USAGE);
    return 2;
  }
  const missing = ['fixtures.json', 'fixtures.safetensors'].find((file) => !existsSync(join(folder, file)));
  if (missing) {
    console.error(`${join(folder, missing)} does not exist\n\n${USAGE}`);
    return 2;
  }
  const json = readFileSync(join(folder, 'fixtures.json'), 'utf8');
  const tensors = new Uint8Array(readFileSync(join(folder, 'fixtures.safetensors')));
  const choices: DeviceChoice[] = wanted ? [wanted] : ['cpu', 'webgpu'];
  let passed = 0;
  let failed = 0;
  for (const choice of choices) {
    try {
      const device = await openDevice(choice);
      const results = await runFixtures({ json, tensors }, device);
      for (const { kind, name, message } of results.failures) console.log(`  ${kind} ${name}: ${message}`);
      console.log(`${choice} (${device.info.name}): ${results.passed} passed, ${results.failed} failed`);
      passed += results.passed;
      failed += results.failed;
      device.destroy();
    } catch (error) {
      // A machine without WebGPU replays on the reference device only, unless WebGPU was asked for.
      if (!(error instanceof NoWebGPUError) || wanted) throw error;
      console.log(`webgpu: not available here (${error.message})`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
