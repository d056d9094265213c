/**
 * What the build knows about one `.wgsl` file. The Vite plugin reflects the file (wgsl_reflect) and replaces its import
 * by an object of this type, so no parser is shipped and the WGSL stays the only place where bindings are declared.
 */

/** Scalar or vector type of the elements of a storage array, or of a parameter field. */
export type WgslType =
  | 'f32'
  | 'i32'
  | 'u32'
  | 'vec2f'
  | 'vec3f'
  | 'vec4f'
  | 'vec2u'
  | 'vec3u'
  | 'vec4u'
  | 'vec2i'
  | 'vec3i'
  | 'vec4i';

export interface ShaderBinding {
  readonly name: string;
  readonly binding: number;
  readonly type: 'uniform' | 'read-only-storage' | 'storage';
  /** Element type of the storage array; for the uniform, `u32` (it is packed by `params`). */
  readonly element: WgslType;
}

export interface ParamField {
  readonly name: string;
  readonly type: WgslType;
  /** Byte offset in the uniform struct. */
  readonly offset: number;
}

export interface EntryPoint {
  readonly workgroupSize: readonly [number, number, number];
  /** The bindings this entry point uses, by binding number. All are in group 0. */
  readonly bindings: readonly ShaderBinding[];
}

export interface ShaderOverride {
  readonly name: string;
  readonly type: 'bool' | 'f32' | 'i32' | 'u32';
}

/**
 * One reflected `.wgsl` file.
 * @typeParam P the fields of its `Params` struct (generated into `.types/`, so packing is typed)
 * @typeParam E the names of its entry points
 */
export interface ShaderModule<P = Record<string, number | readonly number[]>, E extends string = string> {
  /** Path from the repository root, for example `shaders/ladders/matmul/1-naive.wgsl`. */
  readonly path: string;
  /** The file with what it includes. */
  readonly source: string;
  /** The file with its `// @unroll` loops expanded: what runs. Equal to `source` where nothing is marked. */
  readonly unrolled: string;
  /** Layout of `struct Params`; `size` in bytes (a multiple of 16, 0 without a uniform). */
  readonly params: { readonly size: number; readonly fields: readonly ParamField[]; readonly __type?: P };
  readonly entryPoints: { readonly [K in E]: EntryPoint };
  readonly overrides: readonly ShaderOverride[];
}
