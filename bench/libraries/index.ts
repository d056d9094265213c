/** The libraries by name, loaded on demand: a first-step measurement must load nothing but its own library. */
import type { Library } from '../cases/case.ts';

const LOADERS: Readonly<Record<string, () => Promise<Library>>> = {
  chalkgrad: async () => (await import('./chalkgrad.ts')).chalkgrad,
  'jax-js': async () => (await import('./jax-js.ts')).jaxJs,
  tfjs: async () => (await import('./tfjs.ts')).tfjs,
  'onnxruntime-web': async () => (await import('./onnxruntime.ts')).onnxruntime,
};

/** Every `library backend` of the benchmark, the engine first. */
export const CONTENDERS: readonly string[] = [
  'chalkgrad webgpu',
  'chalkgrad wasm',
  'chalkgrad wasm-threads',
  'jax-js webgpu',
  'jax-js wasm',
  'tfjs webgpu',
  'tfjs webgl',
  'tfjs wasm',
  'tfjs cpu',
  'onnxruntime-web webgpu',
];

export interface ContenderName {
  readonly library: string;
  readonly backend: string;
}

export function parseContender(id: string): ContenderName {
  const [library = '', backend = ''] = id.split(' ');
  if (!CONTENDERS.includes(id)) throw new RangeError(`no library '${id}'; there are: ${CONTENDERS.join(', ')}`);
  return { library, backend };
}

export function loadLibrary(name: string): Promise<Library> {
  const load = LOADERS[name];
  if (!load) throw new RangeError(`no library '${name}'`);
  return load();
}
