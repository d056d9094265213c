/**
 * Puts a lab's worker inside its one-file module: a page on another origin may not load a worker from ours, but a blob of its own it
 * may. Pages that forbid blobs too get the main-thread fallback.
 */
import type { Plugin } from 'vite';

const call =
  /new Worker\(\s*new URL\(\s*'(\.\/[\w-]+\.ts)'\s*,\s*import\.meta\.url\s*,?\s*\)\s*,\s*\{\s*type:\s*'module'\s*,?\s*\}\s*,?\s*\)/g;

/** Rewrites every `new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })`. */
export function inlineWorkers(code: string): string {
  const imports: string[] = [];
  const body = code.replace(call, (_, path: string) => {
    imports.push(`import InlineWorker${imports.length} from '${path}?worker&inline';\n`);
    return `new InlineWorker${imports.length - 1}()`;
  });
  return imports.join('') + body;
}

export function inlineWorkerPlugin(): Plugin {
  return {
    name: 'chalkgrad:inline-worker',
    enforce: 'pre',
    transform(code, id) {
      return /\.ts$/.test(id) && code.includes('new Worker(') ? { code: inlineWorkers(code), map: null } : undefined;
    },
  };
}
