/** Runs a job on the processor: compiled to WebAssembly as the engine's device does, in a thread that can be stopped. */
import { Worker } from 'node:worker_threads';
import { compileKernels, runsOnCpu } from '../../../engine/wgsl/compile.ts';
import { contentsOf, overridesOf, WgslInputError } from '../../../engine/wgsl/trace/index.ts';
import type { Run } from './devices.ts';
import { inputOf } from './job.ts';

/** Seconds that a program may take: a loop without an end cannot be told from a long one. */
const SECONDS = 20;
const PAGE = 65536;
const ARGS = 256;
/** The kernel counts workgroups in an i32. */
const MAX_GROUPS = 2 ** 31 - 1;
const number = (value: number | undefined): number => value ?? 0;
const align = (bytes: number) => Math.ceil(bytes / 256) * 256;

const THREAD = `
const { workerData: { bytes, memory, args, groups, x, y }, parentPort } = require('node:worker_threads');
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
exports.k0(args, 0, groups, x, y);
parentPort.postMessage('done');
`;

/** @throws WgslInputError where a buffer is missing, the program needs a barrier, or it does not end */
export const runOnWasm: Run = async ({ job, module, entry }) => {
  if (!runsOnCpu(module, entry.name)) {
    throw new WgslInputError(
      `'${entry.name}' needs barriers or subgroups, which the wasm device does not have; use --device trace or webgpu`,
    );
  }
  const [x, y, z] = job.workgroups;
  if (x * y * z > MAX_GROUPS) throw new WgslInputError(`${x} × ${y} × ${z} workgroups are too many; give fewer`);
  const bound = contentsOf(module, entry, inputOf(job))
    .map(({ global, bytes }) => ({ global, data: new Uint8Array(bytes), address: 0 }))
    .sort(({ global: a }, { global: b }) => number(a.binding) - number(b.binding) || number(a.group) - number(b.group));
  const total = bound.reduce((sum, { data }) => sum + align(data.byteLength), 2 * PAGE);
  const overrides = Object.fromEntries(
    overridesOf(module, job.overrides).flatMap(({ override, value }) => (value === undefined ? [] : [[override.name, value]])),
  );
  const maximumPages = Math.ceil(total / PAGE) + 64;
  const { bytes, kernels } = compileKernels([{ module, entry: entry.name, overrides }], { shared: true, maximumPages });
  const [{ scratchBytes }] = kernels as [(typeof kernels)[number]];
  const pages = Math.ceil((total + align(scratchBytes)) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: maximumPages, shared: true });
  const content = new Uint8Array(memory.buffer);
  let next = ARGS + 256;
  const words = new Uint32Array(2 + 2 * bound.length);
  [words[0], words[1]] = [next, job.workgroups[2]];
  next += align(scratchBytes);
  // In the order of `CompiledKernel.bindings`.
  for (const [position, one] of bound.entries()) {
    one.address = next;
    content.set(one.data, next);
    next += align(one.data.byteLength);
    words.set([one.address, one.data.byteLength], 2 + 2 * position);
  }
  content.set(new Uint8Array(words.buffer), ARGS);
  await runInThread({ bytes, memory, args: ARGS, groups: x * y * z, x, y });
  const written = bound.filter(({ global }) => global.space === 'storage' && global.access !== 'read');
  const buffers = Object.fromEntries(
    written.map(({ global, address, data }) => [
      global.name,
      content.slice(address, address + data.byteLength).buffer as ArrayBuffer,
    ]),
  );
  return { buffers, findings: [], accesses: [], steps: undefined };
};

async function runInThread(workerData: object): Promise<void> {
  const worker = new Worker(THREAD, { eval: true, workerData });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      timer = setTimeout(
        () => reject(new WgslInputError(`the program did not end within ${SECONDS} s; --device trace says why`)),
        1000 * SECONDS,
      );
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
