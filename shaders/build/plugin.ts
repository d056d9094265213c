/**
 * The Vite plugin behind `import shader from './x.wgsl'`. The import becomes a ShaderModule; `./x.wgsl?raw` stays the text.
 * In a development server a changed file is reflected again and the page reloads.
 */
import { join, relative } from 'node:path';
import type { Plugin } from 'vite';
import { compact } from './compact.ts';
import type { ShaderModule } from './module.ts';
import { readShader } from './read.ts';
import { shipped, usesOf } from './shipped.ts';
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
 * the shaders of a lab weigh a fifth of what they would in both forms with all that is known of them.
 * @throws ShaderBuildError where what the page would read in the text is not what the build knows
 */
export function compactCode(shader: ShaderModule, root: string): string {
  const { path, source, unrolled } = shader;
  const text = compact(source);
  const uses = usesOf(shader);
  const { params, entryPoints, overrides } = shipped(path, text, uses);
  const wrong = Object.entries({ params, entryPoints, overrides }).find(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(shader[key as 'params' | 'entryPoints' | 'overrides']),
  );
  if (wrong) throw new ShaderBuildError(path, 1, `shipped.ts does not find the ${wrong[0]} in the compact text`);
  const from = (file: string) => JSON.stringify(join(root, 'shaders/build', file).replaceAll('\\', '/'));
  const given = [path, text, uses].map((part) => JSON.stringify(part)).join(', ');
  const marked = unrolled !== source;
  return `import { shipped } from ${from('shipped.ts')};
${marked ? `import { unroll } from ${from('unroll.ts')};\n` : ''}export default shipped(${given}${marked ? ', unroll' : ''});`;
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
