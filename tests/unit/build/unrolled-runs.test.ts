/** The expander must not change a result: every variant whose shader it touches runs both ways and gives the same bits. */
import { beforeAll, describe, expect, it } from 'vitest';
import { WebGpuDevice } from '../../../engine/device/webgpu/webgpu-device.ts';
import type { AdapterCaps, AnyKernel } from '../../../engine/kernels/kernel.ts';
import { devices, randomSource } from '../../conformance/kernels/harness.ts';

const files = import.meta.glob<Record<string, unknown>>('../../../engine/kernels/**/*.ts', { eager: true });
const isKernel = (value: unknown): value is AnyKernel =>
  typeof value === 'object' && value !== null && 'variants' in value && 'reference' in value;
const kernels = [...new Set(Object.values(files).flatMap((exports) => Object.values(exports).filter(isKernel)))];

/** Variants that run a file with expanded loops. */
function expanded(kernel: AnyKernel, caps: AdapterCaps): string[] {
  const applying = kernel.variants.filter((variant) => !variant.applies || variant.applies(kernel.example, caps));
  const uses = applying.filter((variant) =>
    variant.plan(kernel.example, caps).dispatches.some(({ shader }) => shader.source !== shader.unrolled),
  );
  return uses.map((variant) => variant.id);
}

/** Outputs as bits. Floats are random; integers are 0, which is a legal index everywhere. */
async function bits(device: WebGpuDevice, kernel: AnyKernel, variant: string): Promise<Uint32Array[]> {
  const random = randomSource(7);
  const sizes: Record<string, number> = kernel.sizes(kernel.example);
  const names = [...kernel.inputs, ...kernel.outputs];
  const buffers = Object.fromEntries(
    names.map((name) => {
      const count = sizes[name] ?? 0;
      const buffer = device.allocate(4 * count, name);
      const integers = (kernel.types?.[name] ?? 'f32') !== 'f32';
      device.write(
        buffer,
        Float32Array.from({ length: count }, () => (integers ? 0 : random() * 4 - 2)),
      );
      return [name, buffer];
    }),
  );
  device.run(kernel, buffers, kernel.example, { variant });
  const out: Uint32Array[] = [];
  for (const name of kernel.outputs) {
    const buffer = buffers[name];
    if (buffer && sizes[name]) out.push(new Uint32Array(await device.read(buffer)));
  }
  for (const buffer of Object.values(buffers)) device.release(buffer);
  return out;
}

let opened: readonly WebGpuDevice[];
beforeAll(async () => {
  opened = (await devices()).filter((device) => device instanceof WebGpuDevice);
});

it('finds the kernels', () => {
  expect(kernels.length).toBeGreaterThan(Object.keys(files).length / 4);
});

describe.each(kernels.map((kernel) => [kernel.name, kernel] as const))('%s', (_name, kernel) => {
  it('gives the same bits with its loops as written and expanded', async () => {
    for (const device of opened) {
      for (const variant of expanded(kernel, device.caps)) {
        const unrolled = await bits(device, kernel, variant);
        device.plainShaders = true;
        const plain = await bits(device, kernel, variant);
        device.plainShaders = false;
        expect(plain, `variant '${variant}'`).toEqual(unrolled);
      }
    }
  });
});
