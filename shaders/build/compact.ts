/** A shader without what only readers need, for pages that load it: no comments but `// @unroll`, no indentation, no empty lines. */
export function compact(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/[ \t]*\/\/(?! @unroll\b)[^\n]*/g, '')
    .replace(/^[ \t]+/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trimStart();
}
