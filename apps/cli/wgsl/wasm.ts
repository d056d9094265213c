/** Runs a job on the processor: compiled to WebAssembly as the engine's device does, in a thread that can be stopped. */
import { Worker } from 'node:worker_threads';
import { compileKernels, runsOnCpu } from '../../../engine/wgsl/compile.ts';
import { bindingsOf, packUniform, WgslInputError } from '../../../engine/wgsl/trace/index.ts';
import type { Run } from './devices.ts';

/** Seconds that a program may take: a loop without an end cannot be told from a long one. */
const SECONDS = 20;
const PAGE = 65536;
const ARGS = 256;
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
  const bound = bindingsOf(module, entry).map(({ global }) => {
    const given = Object.hasOwn(job.buffers, global.name) ? job.buffers[global.name] : undefined;
    const uniform = global.space === 'uniform';
    const data = given
      ? new Uint8Array(given.data.buffer)
      : uniform && job.uniform && new Uint8Array(packUniform(module, global, job.uniform));
    if (!data) throw new WgslInputError(`${uniform ? 'uniform' : 'buffer'} '${global.name}' is not given`);
    return { global, data, address: 0, writes: !uniform && global.access !== 'read' };
  });
  const total = bound.reduce((sum, { data }) => sum + align(data.byteLength), 2 * PAGE);
  const overrides = Object.fromEntries(Object.entries(job.overrides).map(([name, value]) => [name, Number(value)]));
  const maximumPages = Math.ceil(total / PAGE) + 64;
  const { bytes, kernels } = compileKernels([{ module, entry: entry.name, overrides }], { shared: true, maximumPages });
  const [{ bindings, scratchBytes }] = kernels as [(typeof kernels)[number]];
  const pages = Math.ceil((total + align(scratchBytes)) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: maximumPages, shared: true });
  const content = new Uint8Array(memory.buffer);
  let next = ARGS + 256;
  const words = new Uint32Array(2 + 2 * bindings.length);
  [words[0], words[1]] = [next, job.workgroups[2]];
  next += align(scratchBytes);
  for (const one of bound) {
    one.address = next;
    content.set(one.data, next);
    next += align(one.data.byteLength);
    const index = bindings.indexOf(one.global.binding ?? 0);
    if (index >= 0) words.set([one.address, one.data.byteLength], 2 + 2 * index);
  }
  content.set(new Uint8Array(words.buffer), ARGS);
  const [x, y, z] = job.workgroups;
  await runInThread({ bytes, memory, args: ARGS, groups: x * y * z, x, y });
  const written = bound.filter(({ writes }) => writes);
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
      timer = setTimeout(() => reject(new WgslInputError(`the program did not end within ${SECONDS} s`)), 1000 * SECONDS);
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
