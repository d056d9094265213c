/** The conformance suites as a browser test calls them: on the page's own WebGPU, results as plain data. */
import { openDevice } from '../../engine/device/init.ts';
import { setDevice } from '../../engine/tensor.ts';
import { type FixtureResults, runFixtures } from './fixtures.ts';
import { type CheckResult, checkOperations } from './operations.ts';

/** Replays the PyTorch fixtures that lie beside this file. */
export async function fixturesInPage(): Promise<FixtureResults & { readonly adapter: string }> {
  const device = await openDevice('webgpu');
  const read = async (name: string) => (await fetch(new URL(`./fixtures/${name}`, import.meta.url))).arrayBuffer();
  const [json, tensors] = await Promise.all([read('fixtures.json'), read('fixtures.safetensors')]);
  const report = await runFixtures({ json: new TextDecoder().decode(json), tensors: new Uint8Array(tensors) }, device);
  return { ...report, adapter: device.info.name };
}

/** Compares the gradient of every operation with central differences. */
export async function operationsInPage(): Promise<readonly CheckResult[]> {
  setDevice(await openDevice('webgpu'));
  return checkOperations();
}
