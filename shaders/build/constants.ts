/** Rungs that differ in nothing but constants are one file: a plan says which values it takes. */
import type { EntryPoint, ShaderModule, WgslType } from './module.ts';
import { unroll } from './unroll.ts';

const made = new Map<string, ShaderModule>();

/**
 * The shader with other values of its integer constants (the sides of a tile) and other types for its aliases; made once.
 * @throws Error where it declares no such constant as `const NAME = 8u;` or alias as `alias Name = f32;`
 */
export function withConstants<P, E extends string>(
  shader: ShaderModule<P, E>,
  constants: Readonly<Record<string, number | WgslType>>,
): ShaderModule<P, E> {
  const path = `${shader.path}#${Object.entries(constants).join('&')}`;
  const known = made.get(path);
  if (known) return known as ShaderModule<P, E>;
  let { source } = shader;
  for (const [name, value] of Object.entries(constants)) {
    const [keyword, now] = typeof value === 'number' ? ['const', `${value}u`] : ['alias', value];
    // Whatever white space there is: a site ships shaders with little of it.
    const declared = new RegExp(`\\b${keyword} ${name}\\s*=\\s*${keyword === 'const' ? '\\d+u' : '\\w+'}\\s*;`);
    if (!declared.test(source)) throw new Error(`${shader.path} declares no '${keyword} ${name} = …;'`);
    source = source.replace(declared, `${keyword} ${name} = ${now};`);
  }
  const entryPoints = Object.fromEntries(
    Object.entries<EntryPoint>(shader.entryPoints).map(([name, entry]) => [name, retyped(entry, shader.source, constants)]),
  ) as ShaderModule<P, E>['entryPoints'];
  const special: ShaderModule<P, E> = { ...shader, path, source, entryPoints, unrolled: unroll(source, path) };
  made.set(path, special as ShaderModule);
  return special;
}

/** Four elements where the file has one: `const LANES = 1u; alias Value = f32;`. */
export const fourAtOnce = <P, E extends string>(shader: ShaderModule<P, E>, Value: WgslType = 'vec4f'): ShaderModule<P, E> =>
  withConstants(shader, { LANES: 4, Value });

/** The bindings with the elements that their aliases now stand for. */
function retyped(entry: EntryPoint, source: string, constants: Readonly<Record<string, number | WgslType>>): EntryPoint {
  const bindings = entry.bindings.map((binding) => {
    const alias = new RegExp(`\\b${binding.name}\\s*:\\s*array<(\\w+)>`).exec(source)?.[1] ?? '';
    const element = constants[alias];
    return typeof element === 'string' ? { ...binding, element } : binding;
  });
  return { ...entry, bindings };
}
