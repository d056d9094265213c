/**
 * What a one-file module carries and what it leaves beside itself. The worker is inside: a page on another origin may not load a
 * worker from ours, but a blob of its own it may. The recording and the engine for pages that forbid blobs lie next to the module and
 * are fetched when they are wanted; math cards, which only full pages show, stay out.
 */
import type { Plugin } from 'vite';

const worker =
  /new Worker\(\s*new URL\(\s*'(\.\/[\w-]+\.ts)'\s*,\s*import\.meta\.url\s*,?\s*\)\s*,\s*\{\s*type:\s*'module'\s*,?\s*\}\s*,?\s*\)/g;
const recording = /new URL\(\s*'\.\/recording\.json'\s*,\s*import\.meta\.url\s*,?\s*\)/g;
/** Imports on demand that bring the engine: the experiment, its environment, and modules of the engine itself. */
const engine =
  /import\(\s*'(\.\/experiment\.ts|\.\.\/\.\.\/runtime\/browser-environment\.ts|(?:\.\.\/){3}engine\/[\w/-]+(?<!-node)\.ts)'\s*\)/g;

/** What the engine file beside a module must export, from the texts of a lab's files: paths as they are imported there. */
export function engineImports(texts: Iterable<string>): string[] {
  const found = new Set(['./experiment.ts', '../../runtime/browser-environment.ts']);
  for (const text of texts) for (const [, path] of text.matchAll(engine)) found.add(path as string);
  return [...found];
}

/** Rewrites every `new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })`. */
export function inlineWorkers(code: string): string {
  const imports: string[] = [];
  const body = code.replace(worker, (_, path: string) => {
    imports.push(`import InlineWorker${imports.length} from '${path}?worker&inline';\n`);
    return `new InlineWorker${imports.length - 1}()`;
  });
  return imports.join('') + body;
}

/** Rewrites the addresses of what lies beside the module. The sum of strings keeps the bundler from taking the files in. */
export function moveOut(code: string, id: string): string {
  return code
    .replace(recording, `new URL('./' + '${id}.recording.json', import.meta.url)`)
    .replace(engine, `import(/* @vite-ignore */ new URL('./' + '${id}.engine.js', import.meta.url).href)`);
}

/** @param id of the lab */
export function oneFilePlugin(id: string): Plugin {
  return {
    name: 'chalkgrad:one-file',
    enforce: 'pre',
    resolveId(source) {
      return source.endsWith('?math') ? '\0no-cards' : undefined;
    },
    load(resolved) {
      return resolved === '\0no-cards' ? 'export const cards = [];' : undefined;
    },
    transform(code, file) {
      return /\/labs\/[^/]+\/[^/]+\.ts$/.test(file) ? { code: moveOut(inlineWorkers(code), id), map: null } : undefined;
    },
  };
}
