/** Pipelines, explicit bind-group layouts and packed parameters, each made once. */
import type { EntryPoint, ShaderModule } from '../../../shaders/build/module.ts';
import type { Dispatch } from '../../kernels/kernel.ts';

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly entry: EntryPoint;
  readonly key: string;
}

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #layouts = new Map<string, { layout: GPUBindGroupLayout; pipelineLayout: GPUPipelineLayout }>();
  /** Errors of shader compilation, looked at by the next sync. */
  readonly pending: Promise<GPUError | null>[] = [];
  /** Runs the files as written instead of unrolled: for the test that both give the same results. */
  plain = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get size(): number {
    return this.#pipelines.size;
  }

  get(dispatch: Dispatch): Pipeline {
    const key = this.#key(dispatch);
    const known = this.#pipelines.get(key);
    if (known) return known;
    this.#device.pushErrorScope('validation');
    const pipeline = this.#device.createComputePipeline(this.#descriptor(dispatch));
    this.pending.push(this.#device.popErrorScope());
    return this.#store(key, dispatch, pipeline);
  }

  /** Compiles what is not there yet: WebGPU compiles asynchronous pipelines on several threads, synchronous ones in turn. */
  async prepare(dispatches: readonly Dispatch[]): Promise<void> {
    const missing = new Map(dispatches.map((dispatch) => [this.#key(dispatch), dispatch]));
    for (const key of this.#pipelines.keys()) missing.delete(key);
    await Promise.all(
      [...missing].map(async ([key, dispatch]) => {
        try {
          const pipeline = await this.#device.createComputePipelineAsync(this.#descriptor(dispatch));
          if (!this.#pipelines.has(key)) this.#store(key, dispatch, pipeline);
        } catch {
          // `get` meets the same error where it is used, and reports it there.
        }
      }),
    );
  }

  #key({ shader, entryPoint, overrides }: Dispatch): string {
    const constants = sorted(overrides).map(([name, value]) => `${name}=${value}`);
    return `${shader.path}|${entryPoint}|${constants.join(',')}|${this.plain}`;
  }

  #descriptor({ shader, entryPoint, overrides }: Dispatch): GPUComputePipelineDescriptor {
    return {
      label: `${shader.path}:${entryPoint}`,
      layout: this.#layout(shader.entryPoints[entryPoint] as EntryPoint).pipelineLayout,
      compute: { module: this.#module(shader), entryPoint, constants: Object.fromEntries(sorted(overrides)) },
    };
  }

  #store(key: string, { shader, entryPoint }: Dispatch, pipeline: GPUComputePipeline): Pipeline {
    const entry = shader.entryPoints[entryPoint] as EntryPoint;
    const made: Pipeline = { pipeline, layout: this.#layout(entry).layout, entry, key };
    this.#pipelines.set(key, made);
    return made;
  }

  #module(shader: ShaderModule): GPUShaderModule {
    const key = `${shader.path}|${this.plain}`;
    let module = this.#modules.get(key);
    if (!module) {
      module = this.#device.createShaderModule({ label: shader.path, code: this.plain ? shader.source : shader.unrolled });
      this.#modules.set(key, module);
    }
    return module;
  }

  /** Layouts are shared between all entry points with the same bindings, so bind groups are too. */
  #layout(entry: EntryPoint): { layout: GPUBindGroupLayout; pipelineLayout: GPUPipelineLayout } {
    const key = entry.bindings.map((b) => `${b.binding}${b.type}`).join();
    let known = this.#layouts.get(key);
    if (!known) {
      const layout = this.#device.createBindGroupLayout({
        entries: entry.bindings.map((b) => ({
          binding: b.binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: b.type, hasDynamicOffset: b.type === 'uniform' },
        })),
      });
      known = { layout, pipelineLayout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }) };
      this.#layouts.set(key, known);
    }
    return known;
  }
}

const sorted = (overrides: Dispatch['overrides']) => Object.entries(overrides).sort(([a], [b]) => (a < b ? -1 : 1));
