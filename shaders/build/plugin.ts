/**
 * The Vite plugin behind `import shader from './x.wgsl'`. The import becomes a ShaderModule; `./x.wgsl?raw` stays the text.
 * In a development server a changed file is reflected again and the page reloads.
 */
import { join, relative } from 'node:path';
import type { Plugin } from 'vite';
import { compact } from './compact.ts';
import type { ShaderModule } from './module.ts';
import { readShader } from './read.ts';
import { ShaderBuildError } from './tokens.ts';
import { writeAllTypes, writeTypes } from './types.ts';

export interface WgslOptions {
  /** Root of the repository: shader paths are relative to it and `.types/` lies there. */
  readonly root: string;
  /** Write declaration files; off for short runs such as a command-line tool. */
  readonly types?: boolean;
  /** Compares the kernel definitions with the shaders; throws where they disagree. Called once when a build or server starts. */
  readonly check?: () => Promise<void>;
}

export function wgsl(options: WgslOptions): Plugin {
  let started = false;
  let building = false;
  return {
    name: 'chalkgrad:wgsl',
    enforce: 'pre',
    // One start serves all environments of a build or server.
    sharedDuringBuild: true,
    configResolved(config) {
      building = config.command === 'build';
    },
    async buildStart() {
      if (started) return;
      started = true;
      try {
        if (options.types) writeAllTypes(options.root);
        await options.check?.();
      } catch (error) {
        // A development server goes on: the file is being written, and its import fails with the same message.
        if (building) throw error;
        this.warn(error instanceof Error ? error.message : String(error));
      }
    },
    load: {
      filter: { id: /\.wgsl$/ },
      handler(id) {
        const path = relative(options.root, id).replaceAll('\\', '/');
        this.addWatchFile(id);
        try {
          const { shader, files } = readShader(options.root, path);
          for (const file of files) this.addWatchFile(join(options.root, file));
          if (options.types) writeTypes(options.root, shader);
          const code = building ? compactCode(shader, options.root) : moduleCode(shader);
          return { code, map: null, moduleType: 'js' };
        } catch (error) {
          if (!(error instanceof ShaderBuildError)) throw error;
          return this.error({
            message: error.message,
            id,
            loc: { file: join(options.root, error.path), line: error.line, column: 0 },
          });
        }
      },
    },
  };
}

/**
 * JavaScript of the import as a site ships it: the text without comments, and the expanded one made of it when it is first asked for. Together
 * the shaders of a lab weigh a quarter of what they would in both forms.
 */
export function compactCode(shader: ShaderModule, root: string): string {
  const { source, unrolled, ...rest } = shader;
  const text = JSON.stringify(compact(source));
  if (unrolled === source)
    return `const source = ${text};\nexport default { ...${JSON.stringify(rest)}, source, unrolled: source };`;
  return `import { unroll } from ${JSON.stringify(join(root, 'shaders/build/unroll.ts').replaceAll('\\', '/'))};
const source = ${text};
let unrolled;
export default { ...${JSON.stringify(rest)}, source, get unrolled() { return (unrolled ??= unroll(source, ${JSON.stringify(shader.path)})); } };`;
}

/** JavaScript of the import; the two texts are one string where nothing is unrolled. */
export function moduleCode(shader: ShaderModule): string {
  const { source, unrolled, ...rest } = shader;
  return [
    `const source = ${JSON.stringify(source)};`,
    `const unrolled = ${unrolled === source ? 'source' : JSON.stringify(unrolled)};`,
    `export default { ...${JSON.stringify(rest)}, source, unrolled };`,
  ].join('\n');
}
