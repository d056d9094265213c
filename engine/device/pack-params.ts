/** Parameters as a uniform's bytes. */
import type { ParamField } from '../../shaders/build/module.ts';
import type { Dispatch } from '../kernels/kernel.ts';

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
