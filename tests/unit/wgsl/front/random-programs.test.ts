/** 2,000 random programs of the subset: the tracer computes what Dawn computes, and finds nothing wrong with them. */
import { describe, expect, it } from 'vitest';
import { type RandomModule, randomModules } from '../../../../engine/conformance/wgsl-programs.ts';
import { openAdapter } from '../../../../engine/device/webgpu/adapter.ts';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';
import { trace } from '../../../../engine/wgsl/trace/index.ts';

const SEED = 2026;
const COUNT = 2000;
/** One in a module: a software adapter takes longer than twice for code twice as long. */
const PER_MODULE = 1;
/** Modules that are compiled at the same time. */
const BATCH = 20;

const gpu = await openAdapter().catch(() => undefined);

describe('random programs', () => {
  it('are the same for the same seed, and others for another', () => {
    const [first] = randomModules(1, 5);
    expect(randomModules(1, 5)[0]).toEqual(first);
    expect(randomModules(2, 5)[0]?.source).not.toBe(first?.source);
  });

  it.skipIf(!gpu)(
    'give the same on Dawn and in the tracer',
    async () => {
      const modules = randomModules(SEED, COUNT, PER_MODULE);
      const wrong: unknown[] = [];
      for (let i = 0; i < modules.length; i += BATCH) {
        await Promise.all(
          modules.slice(i, i + BATCH).map(async (module) => {
            const wanted = runOnDawn(gpu?.device as GPUDevice, module);
            const { buffers, findings } = runInTracer(module);
            const differing = differences(module, await wanted, buffers);
            if (findings.length + differing.length > 0) wrong.push({ source: module.source, findings, differing });
          }),
        );
      }
      // One is enough to look at.
      expect(wrong.slice(0, 1)).toEqual([]);
      expect(modules.reduce((sum, { workgroups }) => sum + workgroups[0], 0)).toBe(COUNT);
    },
    900_000,
  );
});

type Outputs = Readonly<Record<string, ArrayBuffer>>;

/** The results, and what the tracer has to say but of divisions by zero, which some programs do on purpose. */
function runInTracer({ source, entry, workgroups, buffers }: RandomModule): { buffers: Outputs; findings: unknown[] } {
  const result = trace({ module: parseModule(source, 'random.wgsl'), source, entry, workgroups, buffers });
  const findings = result.findings.filter(({ kind }) => kind !== 'division-by-zero' && kind !== 'read-before-write');
  return { buffers: result.buffers, findings };
}

async function runOnDawn(device: GPUDevice, { source, entry, workgroups, buffers, outputs }: RandomModule): Promise<Outputs> {
  const module = device.createShaderModule({ code: source });
  const { messages } = await module.getCompilationInfo();
  const error = messages.find(({ type }) => type === 'error');
  if (error) throw new Error(`${error.lineNum}: ${error.message}\n${source}`);
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: entry } });
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const made = Object.entries(buffers).map(([name, data]) => {
    const buffer = device.createBuffer({ size: data.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
    device.queue.writeBuffer(buffer, 0, data as Uint32Array<ArrayBuffer>);
    return { name, buffer };
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: made.map(({ buffer }, binding) => ({ binding, resource: { buffer } })),
    }),
  );
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
  const results = made.flatMap(({ name, buffer }) => {
    if (!outputs.some((output) => output.name === name)) return [];
    const copy = device.createBuffer({ size: buffer.size, usage: MAP_READ | COPY_DST });
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
    return [{ name, copy }];
  });
  device.queue.submit([encoder.finish()]);
  const read: Record<string, ArrayBuffer> = {};
  for (const { name, copy } of results) {
    await copy.mapAsync(GPUMapMode.READ);
    read[name] = copy.getMappedRange().slice(0);
    copy.destroy();
  }
  for (const { buffer } of made) buffer.destroy();
  return read;
}

/** Where results differ: `words[17] of program 3: 5 on Dawn, 6 in the tracer`. */
function differences({ outputs, workgroups }: RandomModule, wanted: Outputs, got: Outputs): string[] {
  return outputs.flatMap(({ name, type, tolerance }) => {
    const view = (bytes: ArrayBuffer | undefined) =>
      type === 'u32' ? new Uint32Array(bytes as ArrayBuffer) : new Float32Array(bytes as ArrayBuffer);
    const [a, b] = [view(wanted[name]), view(got[name])];
    const each = a.length / workgroups[0];
    return [...a].flatMap((value, i) => {
      const other = b[i] as number;
      if (value === other || Math.abs(value - other) <= tolerance * (1 + Math.abs(value))) return [];
      return [`${name}[${i}] of program ${Math.floor(i / each)}: ${value} on Dawn, ${other} in the tracer`];
    });
  });
}
