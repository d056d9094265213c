/**
 * A shader without what only readers need, for pages that load it: no comments but `// @unroll`, which stands on a line of its own, and white
 * space only where it parts two words or two operators (`array<f32, 4> =` is no `>=`). Names stay: they are the same in many shaders, which
 * compression uses, and messages name them.
 */
export function compact(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\/\/(?! @unroll\b)[^\n]*/g, '')
    .split(/\/\/ @unroll\b[^\n]*\n/)
    .map(squeezed)
    .join('\n// @unroll\n');
}

const WORD = /\w/;
const OPERATOR = /[-+*/%=<>!&|^~]/;

function squeezed(text: string): string {
  const parted = (before: string, after: string) =>
    [WORD, OPERATOR].some((kind) => kind.test(before) && kind.test(after)) ? ' ' : '';
  return text.trim().replace(/\s+/g, (_, at: number, all: string) => {
    const after = all.slice(at).trimStart();
    return parted(all[at - 1] ?? '', after[0] ?? '');
  });
}
