/** Which file imports which, read from the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Import {
  readonly from: string;
  /** A path from the repository root, or a package name. */
  readonly to: string;
  readonly dynamic: boolean;
}

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.types', '.cache']);

/** Files of a folder of the repository with one of these endings, with forward slashes. */
export function filesIn(root: string, folder: string, endings: readonly string[]): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) || path === 'data' ? [] : filesIn(root, path, endings);
    return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
}

/** Comments become spaces; strings stay, as module names are strings. */
export function withoutComments(source: string): string {
  return source.replace(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_all, text) => text ?? ' ',
  );
}

const STATIC = /(?:^|[;}\n])\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]/g;
const DYNAMIC = /\bimport(?:\.meta\.glob)?(?:<[^()]*>)?\(\s*\[?\s*['"]([^'"]+)['"]/g;

export function importsOf(root: string, file: string): Import[] {
  return importsIn(readFileSync(join(root, file), 'utf8'), file);
}

export function importsIn(text: string, file: string): Import[] {
  const source = withoutComments(text);
  const target = (name: string) => (name.startsWith('.') ? posix.join(posix.dirname(file), name.replace(/\?.*$/, '')) : name);
  const found = (pattern: RegExp, dynamic: boolean) =>
    [...source.matchAll(pattern)].map((match): Import => ({ from: file, to: target(match[1] ?? ''), dynamic }));
  return [...found(STATIC, false), ...found(DYNAMIC, true)];
}
