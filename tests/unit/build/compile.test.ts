import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create, globals } from 'webgpu';
import type { ShaderModule } from '../../../shaders/build/module.ts';

const shaders = import.meta.glob<ShaderModule>(['../../../shaders/**/*.wgsl', '!../../../shaders/include/**'], {
  import: 'default',
});

let device: GPUDevice;
let gpu: GPU | undefined;
beforeAll(async () => {
  Object.assign(globalThis, globals);
  gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('no WebGPU adapter: install a Vulkan driver, or a Chromium whose SwiftShader can serve');
  device = await adapter.requestDevice({ requiredFeatures: adapter.features.has('subgroups') ? ['subgroups'] : [] });
});
afterAll(() => device?.destroy());

describe.each(Object.entries(shaders))('%s', (_path, load) => {
  it('is valid WGSL as it stands and with its loops expanded', async () => {
    const shader = await load();
    if (/^\s*enable subgroups;/m.test(shader.source) && !device.features.has('subgroups')) return;
    for (const code of new Set([shader.source, shader.unrolled])) {
      device.pushErrorScope('validation');
      const info = await device.createShaderModule({ code, label: shader.path }).getCompilationInfo();
      const error = await device.popErrorScope();
      const messages = info.messages
        .filter(({ type }) => type === 'error')
        .map((m) => `${shader.path}:${m.lineNum}: ${m.message}`);
      expect([...messages, ...(error && messages.length === 0 ? [error.message] : [])]).toEqual([]);
    }
  });
});
