/** Rungs that differ in nothing but constants are one file: a plan says which values it takes. */
import type { ShaderModule } from './module.ts';
import { unroll } from './unroll.ts';

const made = new Map<string, ShaderModule>();

/**
 * The shader with other values of its integer constants, such as the sides of a tile; made once.
 * @throws Error where it declares no such constant as `const NAME = 8u;`
 */
export function withConstants<P, E extends string>(
  shader: ShaderModule<P, E>,
  constants: Readonly<Record<string, number>>,
): ShaderModule<P, E> {
  const path = `${shader.path}#${Object.entries(constants).join('&')}`;
  const known = made.get(path);
  if (known) return known as ShaderModule<P, E>;
  let { source } = shader;
  for (const [name, value] of Object.entries(constants)) {
    const declared = new RegExp(`^const ${name} = \\d+u;`, 'm');
    if (!declared.test(source)) throw new Error(`${shader.path} declares no 'const ${name} = …u;'`);
    source = source.replace(declared, `const ${name} = ${value}u;`);
  }
  const special: ShaderModule<P, E> = { ...shader, path, source, unrolled: unroll(source, path) };
  made.set(path, special as ShaderModule);
  return special;
}
