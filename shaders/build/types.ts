/**
 * Declaration files for `.wgsl` imports, so that `dispatch(shader, 'forward', {n: 3}, …)` is checked by the compiler: one
 * `.types/shaders/…/X.d.wgsl.ts` per file, found by TypeScript through `rootDirs` and `allowArbitraryExtensions`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { ShaderModule, WgslType } from './module.ts';
import { INCLUDED, readShader } from './read.ts';

const FOLDER = '.types';

/** Every shader of the repository, from its root, with forward slashes. */
export function shaderFiles(root: string): string[] {
  return readdirSync(join(root, 'shaders'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.wgsl'))
    .map((entry) => slashes(relative(root, join(entry.parentPath, entry.name))))
    .filter((path) => !path.startsWith(INCLUDED))
    .sort();
}

/**
 * Writes the declarations of all shaders and removes those of files that are gone.
 * @throws ShaderBuildError for the first file that breaks a rule, after the others have been written
 */
export function writeAllTypes(root: string): number {
  const files = shaderFiles(root);
  const errors: unknown[] = [];
  for (const path of files) {
    try {
      writeTypes(root, readShader(root, path).shader);
    } catch (error) {
      errors.push(error);
    }
  }
  const folder = join(root, FOLDER, 'shaders');
  if (existsSync(folder)) {
    const wanted = new Set(files.map(declarationPath));
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = slashes(relative(root, join(entry.parentPath, entry.name)));
      if (entry.isFile() && !wanted.has(path)) rmSync(join(root, path));
    }
  }
  if (errors.length > 0) throw errors[0];
  return files.length;
}

/** Writes the declaration of one shader where it has changed. */
export function writeTypes(root: string, shader: ShaderModule): void {
  const file = join(root, declarationPath(shader.path));
  const text = declaration(shader);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function declarationPath(path: string): string {
  return `${FOLDER}/${path.replace(/\.wgsl$/, '.d.wgsl.ts')}`;
}

function declaration(shader: ShaderModule): string {
  const up = slashes(relative(dirname(declarationPath(shader.path)), 'shaders/build/module.ts'));
  const fields = shader.params.fields.map((field) => `  ${field.name}: ${typeScriptType(field.type)};\n`).join('');
  const entries = Object.keys(shader.entryPoints).map((name) => `'${name}'`);
  return `// Generated from ${shader.path}.
import type { ShaderModule } from '${up}';

export interface Params {
${fields}}

declare const shader: ShaderModule<Params, ${entries.join(' | ')}>;
export default shader;
`;
}

function typeScriptType(type: WgslType): string {
  const size = /^vec([234])/.exec(type)?.[1];
  return size ? `readonly [${Array(Number(size)).fill('number').join(', ')}]` : 'number';
}

function slashes(path: string): string {
  return path.replaceAll('\\', '/');
}
