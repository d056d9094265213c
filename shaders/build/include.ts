/**
 * Text that several WGSL files share. A line `// @include PATH` (from the file's own folder) becomes the text of that file, once in a
 * program however many files ask for it; what pages show, what runs and the lines that errors name are those of the complete text.
 */
import { ShaderBuildError, tokenize } from './tokens.ts';

const MARK = /^([ \t]*)\/\/ @include (\S+)[ \t]*$/;
const MAX_DEPTH = 8;

/** Where a line of the complete text was written. */
export interface Place {
  readonly path: string;
  readonly line: number;
}

export interface Included {
  readonly text: string;
  /** By line of `text`, from 0. */
  readonly places: readonly Place[];
  /** The files that were included. */
  readonly files: readonly string[];
}

/**
 * @param path of `source`, with forward slashes
 * @param read the text of a file by such a path
 * @throws ShaderBuildError where a file does not exist, or has a function that nothing in the complete text uses
 */
export function include(source: string, path: string, read: (path: string) => string): Included {
  const lines: string[] = [];
  const places: Place[] = [];
  const texts = new Map<string, string>();
  const add = (text: string, from: string, indent: string, depth: number): void => {
    for (const [i, line] of text.replace(/\n$/, '').split('\n').entries()) {
      const [, own = '', target] = MARK.exec(line) ?? [];
      if (target === undefined) {
        lines.push(line === '' ? line : indent + line);
        places.push({ path: from, line: i + 1 });
        continue;
      }
      const file = join(from, target);
      const found = texts.get(file) ?? readOr(read, file, () => new ShaderBuildError(from, i + 1, `@include: no file ${file}`));
      if (depth === MAX_DEPTH) throw new ShaderBuildError(from, i + 1, '@include: files that include one another');
      if (texts.has(file)) continue;
      texts.set(file, found);
      add(found, file, indent + own, depth + 1);
    }
  };
  add(source, path, '', 0);
  if (texts.size === 0) return { text: source, places, files: [] };
  const text = `${lines.join('\n')}\n`;
  checkUse(text, texts);
  return { text, places, files: [...texts.keys()] };
}

function readOr(read: (path: string) => string, file: string, error: () => Error): string {
  try {
    return read(file);
  } catch {
    throw error();
  }
}

/** A file's path by what another calls it from its own folder. */
function join(from: string, target: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** A page shows the complete text: no function may stand there that the program does not need. */
function checkUse(text: string, files: ReadonlyMap<string, string>): void {
  const uses = new Map<string, number>();
  for (const token of tokenize(text)) uses.set(token.text, (uses.get(token.text) ?? 0) + 1);
  for (const [file, own] of files) {
    const functions = tokenize(own).flatMap(({ text: word }, i, all) => (word === 'fn' ? [all[i + 1]?.text ?? ''] : []));
    const idle = functions.find((name) => (uses.get(name) ?? 0) < 2);
    if (idle !== undefined) throw new ShaderBuildError(file, 1, `@include: nothing in the program uses '${idle}'`);
  }
}
