/**
 * Vite plugin: makes `sw.js` with the version of the site, and names in the page of each lab what its worker and the engine will need, so that the
 * browser fetches it when the page is idle and 'Run' does not need the network.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Plugin, Rolldown } from 'vite';

const FILE = 'sw.js';
/** Readers for Node; the cards and the engine in the page, which few ask for. */
const NOT_AHEAD = /-node\.ts$|[?]math|link-builder\.ts$|labs\/[^/]+\/engine\.ts$/;

type Bundle = Readonly<Record<string, Rolldown.OutputChunk | Rolldown.OutputAsset>>;

/** Chunks that are reached from these, by file name. */
function reach(bundle: Bundle, from: readonly string[], dynamic: boolean): Set<string> {
  const reached = new Set<string>();
  const todo = [...from];
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    const chunk = bundle[file];
    if (chunk?.type !== 'chunk' || reached.has(file)) continue;
    reached.add(file);
    const ahead = chunk.dynamicImports.filter((next) => {
      const found = bundle[next];
      return found?.type === 'chunk' && !NOT_AHEAD.test(found.facadeModuleId ?? '');
    });
    todo.push(...chunk.imports, ...(dynamic ? ahead : []));
  }
  return reached;
}

/** @param root of the repository */
export function offline(root: string): Plugin {
  const source = join(root, 'apps/offline/service-worker.ts');
  let building = false;
  return {
    name: 'chalkgrad:offline',
    configResolved({ command }) {
      building = command === 'build';
    },
    buildStart() {
      if (building) this.emitFile({ type: 'chunk', id: source, fileName: FILE });
    },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle, path }) {
        const id = /labs\/([\w-]+)\/index\.html$/.exec(path)?.[1];
        if (!bundle || id === undefined) return undefined;
        const chunks = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? [file] : []));
        const named = (end: string) =>
          chunks.filter(({ moduleIds }) => moduleIds.some((id) => id.endsWith(end))).map((c) => c.fileName);
        const needed = [
          ...reach(bundle, named('labs/lab-worker.ts'), false),
          ...reach(bundle, [...named('engine/device/init.ts'), ...named(`labs/${id}/experiment.ts`)], true),
          // What the page brings on a click: files to take away, code.
          ...reach(bundle, named(`labs/${id}/index.html`), true),
        ];
        const first = reach(bundle, named(`labs/${id}/index.html`), false);
        const links = [...new Set(needed)]
          .filter((file) => !first.has(file))
          .map((file) => ({ tag: 'link', attrs: { rel: 'prefetch', as: 'script', crossorigin: '', href: `../../${file}` } }));
        // Dead until the page has what it shows: see shell/page.ts.
        return [{ tag: 'template', attrs: { class: 'ahead' }, children: links, injectTo: 'body' as const }];
      },
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = bundle[FILE];
        if (worker?.type !== 'chunk') return;
        const hash = createHash('sha256');
        for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
          if (name !== FILE) hash.update(name).update(file.type === 'chunk' ? file.code : file.source);
        }
        worker.code = worker.code.replace('__SITE_VERSION__', hash.digest('hex').slice(0, 12));
      },
    },
  };
}
