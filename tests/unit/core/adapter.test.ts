import { expect, it } from 'vitest';
import { openDevice } from '../../../engine/device/init.ts';

// `npm test` makes sure of an adapter before this suite (apps/cli/needs/); tests/unit/build/fresh-machine.test.ts runs this file where
// the machine's own is hidden.
it('Node has a WebGPU adapter, of a GPU or in software', async () => {
  const device = await openDevice('webgpu');
  expect(device.info).toMatchObject({ kind: 'webgpu', name: expect.stringMatching(/./) });
  device.destroy();
});
