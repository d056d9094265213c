/** Random programs of the subset, compiled to WebAssembly and run beside the tracer. */
import type { RandomModule } from '../../../../engine/conformance/wgsl-programs.ts';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';
import { trace } from '../../../../engine/wgsl/trace/index.ts';
import { runWasm } from './run.ts';

export type Outputs = Readonly<Record<string, Float32Array | Int32Array | Uint32Array>>;

/** What the tracer computes; many programs for one module of one seed. */
export function traced({ source, entry, workgroups, buffers, outputs }: RandomModule): Outputs {
  const result = trace({ module: parseModule(source, 'random.wgsl'), source, entry, workgroups, buffers });
  return Object.fromEntries(
    outputs.map(({ name, type }) => {
      const bytes = result.buffers[name] as ArrayBuffer;
      return [name, type === 'u32' ? new Uint32Array(bytes) : new Float32Array(bytes)];
    }),
  );
}

/** Where the compiled module differs from the tracer: `words[17] of program 3: 5 traced, 6 compiled`. */
export function differences(module: RandomModule, wanted: Outputs, recorded: boolean): string[] {
  const { source, workgroups, outputs } = module;
  const buffers = Object.fromEntries(Object.entries(module.buffers).map(([name, data]) => [name, data.slice()]));
  const intact = runWasm(source, { buffers, grid: workgroups, recorded });
  const found = outputs.flatMap(({ name, type, tolerance }) => {
    const bytes = buffers[name] as Float32Array | Int32Array | Uint32Array;
    const got = type === 'u32' ? bytes : new Float32Array(bytes.buffer);
    const each = got.length / workgroups[0];
    return [...(wanted[name] as Float32Array)].flatMap((value, i) => {
      const other = got[i] as number;
      if (value === other || Math.abs(value - other) <= tolerance * (1 + Math.abs(value))) return [];
      return [`${name}[${i}] of program ${Math.floor(i / each)}: ${value} traced, ${other} compiled`];
    });
  });
  return intact ? found : ['writes outside of its bindings', ...found];
}
