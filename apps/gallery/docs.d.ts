/** Documentation of the components, made by apps/gallery/plugin.ts. */
declare module 'virtual:element-docs' {
  export const docs: readonly import('./manifest.ts').ElementDoc[];
}

declare module '@custom-elements-manifest/analyzer' {
  export const ts: {
    readonly ScriptTarget: { readonly ES2022: number };
    createSourceFile(name: string, text: string, target: number, parents: boolean): unknown;
  };
  export function create(options: {
    modules: readonly unknown[];
    plugins: readonly unknown[];
    context: { dev: boolean };
  }): unknown;
}
