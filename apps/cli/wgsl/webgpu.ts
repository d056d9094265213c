/** Runs a job with Dawn. */
import { openAdapter } from '../../../engine/device/webgpu/adapter.ts';
import { contentsOf, overridesOf, WgslInputError } from '../../../engine/wgsl/trace/index.ts';
import type { Module } from '../../../engine/wgsl/typed.ts';
import type { Program, Run } from './devices.ts';
import { inputOf } from './job.ts';

export const runOnWebGpu: Run = async (program) => {
  const { device } = await openAdapter();
  const buffers = await dispatchOn(device, program);
  device.destroy();
  return { buffers, findings: [], accesses: [], steps: undefined };
};

/** @returns the buffers that the program may write, by name. @throws WgslInputError where WebGPU refuses the program or the job */
export async function dispatchOn(device: GPUDevice, { job, module, entry }: Program): Promise<Record<string, ArrayBuffer>> {
  device.pushErrorScope('validation');
  const shader = device.createShaderModule({ label: job.path, code: job.source });
  const bound = contentsOf(module, entry, inputOf(job)).map(({ global, bytes }) => {
    const uniform = global.space === 'uniform';
    const usage = uniform ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
    const size = Math.max(4, Math.ceil(bytes.byteLength / 4) * 4);
    const buffer = device.createBuffer({ size, usage: usage | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC });
    device.queue.writeBuffer(buffer, 0, bytes);
    return { global, buffer, bytes: bytes.byteLength, writes: !uniform && global.access !== 'read' };
  });
  const pipeline = await createPipeline(device, shader, entry.name, constantsOf(module, job.overrides));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const groups = new Set(bound.map(({ global }) => global.group ?? 0));
  for (const group of groups) {
    const entries = bound
      .filter(({ global }) => (global.group ?? 0) === group)
      .map(({ global, buffer }) => ({ binding: global.binding ?? 0, resource: { buffer } }));
    pass.setBindGroup(group, device.createBindGroup({ layout: pipeline.getBindGroupLayout(group), entries }));
  }
  pass.dispatchWorkgroups(...job.workgroups);
  pass.end();
  const written = bound
    .filter(({ writes }) => writes)
    .map(({ global, buffer, bytes }) => {
      const staging = device.createBuffer({ size: buffer.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
      return { name: global.name, staging, bytes };
    });
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error) throw new WgslInputError(`WebGPU refuses the job: ${error.message}`);
  const buffers: Record<string, ArrayBuffer> = {};
  for (const { name, staging, bytes } of written) {
    await staging.mapAsync(GPUMapMode.READ);
    buffers[name] = staging.getMappedRange().slice(0, bytes);
    staging.destroy();
  }
  for (const { buffer } of bound) buffer.destroy();
  return buffers;
}

/** WebGPU names an override by its `@id` where it has one. */
function constantsOf(module: Module, given: Readonly<Record<string, number | boolean>>): Record<string, number> {
  return Object.fromEntries(
    overridesOf(module, given).flatMap(({ override: { name, id }, value }) => (value === undefined ? [] : [[id ?? name, value]])),
  );
}

async function createPipeline(
  device: GPUDevice,
  module: GPUShaderModule,
  entryPoint: string,
  constants: Readonly<Record<string, number>>,
): Promise<GPUComputePipeline> {
  try {
    return await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint, constants } });
  } catch (error) {
    throw new WgslInputError(`WebGPU refuses the program: ${(error as Error).message}`);
  }
}
