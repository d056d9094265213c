import type { Plugin } from 'vite';
import { elementDocs, elementFiles } from './manifest.ts';

const ID = 'virtual:element-docs';

/** Vite plugin: `import { docs } from 'virtual:element-docs'` yields the documentation of every component, read from its JSDoc. */
export function elementDocumentation({ root }: { readonly root: string }): Plugin {
  return {
    name: 'chalkgrad:element-docs',
    resolveId: (id) => (id === ID ? `\0${ID}` : null),
    load(id) {
      if (id !== `\0${ID}`) return null;
      for (const file of elementFiles(root)) this.addWatchFile(file);
      return `export const docs = ${JSON.stringify(elementDocs(root))};`;
    },
  };
}
