/** A `.wgsl` file of the repository with what it includes, as the module that an import of it becomes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Included, include } from './include.ts';
import type { ShaderModule } from './module.ts';
import { reflectShader } from './reflect.ts';
import { ShaderBuildError } from './tokens.ts';

/** Texts that shaders include; no programs by themselves. */
export const INCLUDED = 'shaders/include/';

/** The complete text of a file; one without `@include`, whatever its language, is as it stands. @param path from `root`, with forward slashes */
export function readIncluded(root: string, path: string): Included {
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  return include(read(path), path, read);
}

const known = new Map<string, ShaderModule>();

/**
 * One process builds the site, its workers and every lab's element: a text that did not change is reflected once.
 * @throws ShaderBuildError that names the file and the line where the fault was written
 */
export function readShader(root: string, path: string): { readonly shader: ShaderModule; readonly files: readonly string[] } {
  const { text, places, files } = readIncluded(root, path);
  const before = known.get(path);
  if (before?.source === text) return { shader: before, files };
  try {
    const shader = reflectShader(text, path);
    known.set(path, shader);
    return { shader, files };
  } catch (error) {
    const place = error instanceof ShaderBuildError ? places[error.line - 1] : undefined;
    if (!(error instanceof ShaderBuildError) || !place) throw error;
    throw new ShaderBuildError(place.path, place.line, error.message.replace(/^\S+:\d+: /, ''));
  }
}
