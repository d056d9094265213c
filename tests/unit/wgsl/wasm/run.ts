/** Runs kernels compiled to WebAssembly in a memory of their own, with canaries around every binding. */
import { compileKernels, type KernelRequest } from '../../../../engine/wgsl/compile.ts';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';

const CANARY = 0x5ca1ab1e;
const GUARD = 4096;
const PAGE = 65536;

export interface RunOptions {
  readonly entry?: string;
  readonly overrides?: Readonly<Record<string, number>>;
  /** Contents of the bindings by name; written back in place. */
  readonly buffers: Readonly<Record<string, Float32Array | Int32Array | Uint32Array>>;
  readonly grid?: readonly [number, number, number];
  /** Compiles with the content of the uniform, the lengths and the grid as constants. */
  readonly recorded?: boolean;
}

/** @returns whether every byte outside of the bindings is as it was */
export function runWasm(
  source: string,
  { entry = 'main', overrides = {}, buffers, grid = [1, 1, 1], recorded = false }: RunOptions,
): boolean {
  const module = parseModule(source, 'test.wgsl');
  const bound = module.globals.filter(({ binding }) => binding !== undefined);
  const uniform = bound.find(({ space }) => space === 'uniform');
  const content = uniform && buffers[uniform.name];
  const lengths = Object.fromEntries(Object.entries(buffers).map(([name, data]) => [name, data.byteLength]));
  const request: KernelRequest = {
    module,
    entry,
    overrides,
    ...(recorded && {
      lengths,
      grid,
      uniform: content && new Uint8Array(content.buffer, content.byteOffset, content.byteLength),
    }),
  };
  const { bytes, kernels } = compileKernels([request], { shared: false, maximumPages: 1024 });
  const kernel = kernels[0];
  if (!kernel) throw new Error('no kernel');
  let top = 1024;
  const addresses = new Map<string, number>();
  for (const [name, data] of Object.entries(buffers)) {
    addresses.set(name, top + GUARD);
    top = Math.ceil((top + GUARD + data.byteLength) / 16) * 16;
  }
  const scratch = Math.ceil((top + GUARD) / 16) * 16;
  const size = scratch + kernel.scratchBytes + GUARD;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(size / PAGE), maximum: 1024 });
  const words = new Int32Array(memory.buffer).fill(CANARY);
  const argument = [scratch, grid[2]];
  for (const binding of kernel.bindings) {
    const name = bound.find((global) => global.binding === binding)?.name ?? '';
    argument.push(addresses.get(name) ?? 0, buffers[name]?.byteLength ?? 0);
  }
  words.set(argument, 16);
  const inside = new Uint8Array(memory.buffer.byteLength);
  inside.fill(1, 64, 64 + 4 * argument.length).fill(1, scratch, scratch + kernel.scratchBytes);
  for (const [name, data] of Object.entries(buffers)) {
    const at = addresses.get(name) ?? 0;
    new Uint8Array(memory.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    inside.fill(1, at, at + data.byteLength);
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const run = exports[kernel.name] as (args: number, first: number, end: number, gx: number, gy: number) => void;
  // In two calls, as a device may split a dispatch.
  const groups = grid[0] * grid[1] * grid[2];
  run(64, 0, groups >> 1, grid[0], grid[1]);
  run(64, groups >> 1, groups, grid[0], grid[1]);
  const canary = new Uint8Array(new Int32Array([CANARY]).buffer);
  const after = new Uint8Array(memory.buffer);
  const intact = after.every((byte, i) => inside[i] === 1 || byte === canary[i % 4]);
  for (const [name, data] of Object.entries(buffers)) {
    const at = addresses.get(name) ?? 0;
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(after.subarray(at, at + data.byteLength));
  }
  return intact;
}
