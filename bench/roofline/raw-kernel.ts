/** One WGSL kernel on a raw device, without the engine: an error there cannot move the yardstick. */

export interface Runnable {
  /** Executes `executions` times and resolves when the device has finished all of them. */
  run(executions: number): Promise<void>;
  dispose(): void;
}

/** The two buffers of a kernel: binding 0 is read, binding 1 written. */
export interface RawKernel extends Runnable {
  readonly input: GPUBuffer;
  readonly output: GPUBuffer;
}

export interface KernelLayout {
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Workgroups. */
  readonly grid: readonly [x: number, y: number];
  /** Dispatches of one execution, in one pass and one submit; default 1. */
  readonly dispatches?: number;
}

export async function createKernel(device: GPUDevice, code: string, shape: KernelLayout): Promise<RawKernel> {
  const { inputBytes, outputBytes, grid, dispatches = 1 } = shape;
  const visibility = 4; // GPUShaderStage.COMPUTE
  const layout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility, buffer: { type: 'read-only-storage' } },
      { binding: 1, visibility, buffer: { type: 'storage' } },
    ],
  });
  const pipeline = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const input = device.createBuffer({ size: inputBytes, usage });
  const output = device.createBuffer({ size: outputBytes, usage });
  const entries = [input, output].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const bindGroup = device.createBindGroup({ layout, entries });
  return {
    input,
    output,
    run: submitting(device, (encoder) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(grid[0], grid[1]);
      pass.end();
    }),
    dispose() {
      input.destroy();
      output.destroy();
    },
  };
}

/** Submits what `encode` writes once per execution and waits for the last. */
export function submitting(device: GPUDevice, encode: (encoder: GPUCommandEncoder) => void): Runnable['run'] {
  return async (executions) => {
    for (let i = 0; i < executions; i++) {
      const encoder = device.createCommandEncoder();
      encode(encoder);
      device.queue.submit([encoder.finish()]);
    }
    await device.queue.onSubmittedWorkDone();
  };
}
