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

/** The circles of a graph of imports: files of which each imports, directly or by others, every other (Tarjan 1972), sorted. */
export function circlesIn(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const circles: string[][] = [];
  const lower = (file: string, value: number | undefined) =>
    lowest.set(file, Math.min(lowest.get(file) ?? Number.POSITIVE_INFINITY, value ?? Number.POSITIVE_INFINITY));
  const visit = (file: string) => {
    order.set(file, order.size);
    lower(file, order.get(file));
    path.push(file);
    for (const next of targets.get(file) ?? []) {
      if (!order.has(next)) {
        visit(next);
        lower(file, lowest.get(next));
      } else if (path.includes(next)) lower(file, order.get(next));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = path.splice(path.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of targets.keys()) if (!order.has(file)) visit(file);
  return circles.sort((a, b) => String(a[0]).localeCompare(String(b[0])));
}
