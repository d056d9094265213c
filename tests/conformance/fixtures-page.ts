/** The suite of fixtures.ts as a page runs it: texts in, plain objects out. */
import { type DeviceChoice, openDevice } from '../../engine/device/init.ts';
import { type FixtureResults, runFixtures } from './fixtures.ts';

/**
 * @param json fixtures.json
 * @param base64 fixtures.safetensors
 */
export async function runFixturesInPage(
  json: string,
  base64: string,
  choice: DeviceChoice = 'webgpu',
): Promise<FixtureResults & { readonly adapter: string }> {
  const tensors = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const device = await openDevice(choice);
  try {
    return { ...(await runFixtures({ json, tensors }, device)), adapter: device.info.name };
  } finally {
    device.destroy();
  }
}
