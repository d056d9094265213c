/**
 * Keeps the engine out of a one-file module. What a lab imports on demand and lies in the engine (the experiment for the page's own
 * thread, a validator) becomes an import of one file beside the module, which exports all of it. The worker, which a page on another
 * origin may not load from ours, is inside as text; math cards, which only full pages show, are not built at all.
 */
import { sep } from 'node:path';
import type { Plugin } from 'vite';

export interface EngineBeside {
  readonly plugin: Plugin;
  /** Modules that were left out, once the build has ended. */
  readonly left: ReadonlySet<string>;
}

/**
 * @param root of the repository
 * @param folder of the lab
 * @param file that lies beside the module, for example `regression.engine.js`
 */
export function leaveEngineOut(root: string, folder: string, file: string): EngineBeside {
  const left = new Set<string>();
  const isEngine = (id: string): boolean => id.startsWith(`${root}${sep}engine${sep}`) || id === `${folder}${sep}engine.ts`;
  const plugin: Plugin = {
    name: 'chalkgrad:engine-beside',
    enforce: 'pre',
    async resolveDynamicImport(specifier, importer) {
      if (typeof specifier !== 'string') return null;
      const found = await this.resolve(specifier, importer);
      // Readers for Node are imported where there is no page.
      if (!found || !isEngine(found.id) || found.id.endsWith('-node.ts')) return null;
      left.add(found.id);
      return { id: `./${file}`, external: true };
    },
  };
  return { plugin, left };
}

/** The entry of the file beside the module; the bundler makes a path of it. */
export const engineEntry = 'chalkgrad-engine-entry';

/** @param modules what the file exports */
export function engineEntryPlugin(modules: Iterable<string>): Plugin {
  const text = [...modules].map((path) => `export * from ${JSON.stringify(path.replaceAll(sep, '/'))};`).join('\n');
  return {
    name: 'chalkgrad:engine-entry',
    resolveId: (source) => (source.endsWith(engineEntry) ? `\0${engineEntry}` : undefined),
    load: (id) => (id === `\0${engineEntry}` ? text : undefined),
  };
}
