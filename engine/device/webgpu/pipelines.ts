/** Pipelines, explicit bind-group layouts and packed parameters, each made once. */
import type { EntryPoint, ParamField, ShaderModule } from '../../../shaders/build/module.ts';
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
    const { shader, entryPoint, overrides } = dispatch;
    const constants = Object.entries(overrides).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = `${shader.path}|${entryPoint}|${constants.map(([k, v]) => `${k}=${v}`).join(',')}|${this.plain}`;
    const known = this.#pipelines.get(key);
    if (known) return known;
    const entry = shader.entryPoints[entryPoint] as EntryPoint;
    const { layout, pipelineLayout } = this.#layout(entry);
    this.#device.pushErrorScope('validation');
    const pipeline = this.#device.createComputePipeline({
      label: `${shader.path}:${entryPoint}`,
      layout: pipelineLayout,
      compute: { module: this.#module(shader), entryPoint, constants: Object.fromEntries(constants) },
    });
    this.pending.push(this.#device.popErrorScope());
    const made: Pipeline = { pipeline, layout, entry, key };
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

const writers = { f: 'setFloat32', i: 'setInt32', u: 'setUint32' } as const;

function writeField(view: DataView, field: ParamField, value: number | readonly number[]): void {
  const values = typeof value === 'number' ? [value] : value;
  const kind = (field.type.length === 3 ? field.type[0] : field.type.at(-1)) as keyof typeof writers;
  values.forEach((v, index) => {
    view[writers[kind]](field.offset + 4 * index, v, true);
  });
}

/** Packs a dispatch's parameters as its WGSL `struct Params` lays them out. */
export function packParams(dispatch: Dispatch): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(dispatch.shader.params.size);
  const view = new DataView(bytes.buffer);
  for (const field of dispatch.shader.params.fields) {
    writeField(view, field, dispatch.params[field.name] as number | readonly number[]);
  }
  return bytes;
}
