import type { Plugin } from 'vite';
import { buildManifest, elementDocs, elementFiles } from './manifest.ts';

const ID = 'virtual:element-docs';

/**
 * Vite plugin: `import { docs } from 'virtual:element-docs'` yields the documentation of every component, read from its JSDoc. A build
 * leaves the whole manifest as `custom-elements.json`, for editors and documentation tools.
 */
export function elementDocumentation({ root }: { readonly root: string }): Plugin {
  let asked = false;
  return {
    name: 'chalkgrad:element-docs',
    resolveId: (id) => (id === ID ? `\0${ID}` : null),
    load(id) {
      if (id !== `\0${ID}`) return null;
      for (const file of elementFiles(root)) this.addWatchFile(file);
      asked = true;
      return `export const docs = ${JSON.stringify(elementDocs(root))};`;
    },
    generateBundle() {
      if (!asked) return;
      this.emitFile({ type: 'asset', fileName: 'custom-elements.json', source: JSON.stringify(buildManifest(root), null, 2) });
    },
  };
}
