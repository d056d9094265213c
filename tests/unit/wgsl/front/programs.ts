/** Small programs for the tests of the front end, from text files. */
import { readFileSync } from 'node:fs';

export interface Program {
  readonly source: string;
  /** The line at which it is refused; undefined where it is valid. */
  readonly line: number | undefined;
}

const HEAD =
  '@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) { ' +
  'let f = x[0]; let i = n[0]; let u = id.x; let v = vec3f(f); ';
const BUFFERS = `
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> n: array<i32>;
`;

/**
 * The programs of a file: each begins with a line `---`, followed by the line at which it is refused, if it is. A program without
 * `fn main` is the body of one, which has a number f, i and u and a vector v at hand, and buffers x, y and n; a line `===` parts
 * declarations from the body. Lines count as they are written in the file.
 */
export function programsOf(file: string): Program[] {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return text
    .split(/^---/m)
    .slice(1)
    .map((part) => {
      const [, line = '', body = ''] = /^ ?(\d*)\n([\s\S]*)$/.exec(part) ?? [];
      return { source: complete(body), line: line === '' ? undefined : Number(line) };
    });
}

function complete(text: string): string {
  if (/fn main/.test(text)) return text;
  return `${/^===$/m.test(text) ? text.replace(/^===$/m, HEAD) : HEAD + text}}${BUFFERS}`;
}
