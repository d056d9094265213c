/**
 * A shader as a site ships it: its text, and which bindings each entry point uses. All else that a ShaderModule says stands in the text, and is
 * read there when it is first asked for: a third of what it would weigh beside it.
 */
import type { EntryPoint, ParamField, ShaderBinding, ShaderModule, WgslType } from './module.ts';

/** Entry points and the numbers of their bindings: `naive 0 1 2;vectors 0 3 4`. */
export function usesOf({ entryPoints }: ShaderModule): string {
  return Object.entries(entryPoints)
    .map(([name, { bindings }]) => [name, ...bindings.map(({ binding }) => binding)].join(' '))
    .join(';');
}

/**
 * @param source compact (see compact.ts)
 * @param uses see usesOf
 * @param unroll expands the loops that are marked; absent: none is
 */
export function shipped(
  path: string,
  source: string,
  uses: string,
  unroll?: (source: string, path: string) => string,
): ShaderModule {
  const made: { -readonly [K in keyof ShaderModule]?: ShaderModule[K] } = {};
  return {
    path,
    get params() {
      made.params ??= paramsIn(source);
      return made.params;
    },
    get entryPoints() {
      made.entryPoints ??= entriesIn(source, uses);
      return made.entryPoints;
    },
    get overrides() {
      made.overrides ??= [...source.matchAll(/\boverride (\w+):(\w+)/g)].map(([, name = '', type]) => ({
        name,
        type: type as ShaderModule['overrides'][number]['type'],
      }));
      return made.overrides;
    },
    source,
    get unrolled() {
      made.unrolled ??= unroll?.(source, path) ?? source;
      return made.unrolled;
    },
  };
}

function paramsIn(source: string): ShaderModule['params'] {
  const fields: ParamField[] = [];
  let end = 0;
  for (const [, name = '', type] of (/struct Params\{([^}]*)\}/.exec(source)?.[1] ?? '').matchAll(/(\w+):(\w+)/g)) {
    const count = Number(/^vec(\d)/.exec(type as string)?.[1] ?? 1);
    // WGSL §14.4.1: vectors of three are aligned like those of four.
    const alignment = count === 3 ? 16 : 4 * count;
    const offset = Math.ceil(end / alignment) * alignment;
    fields.push({ name, type: type as WgslType, offset });
    end = offset + 4 * count;
  }
  return { size: Math.ceil(end / 16) * 16, fields };
}

function entriesIn(source: string, uses: string): Record<string, EntryPoint> {
  const bindings = new Map<string, ShaderBinding>();
  const aliases = new Map([...source.matchAll(/\balias (\w+)=(\w+);/g)].map(([, name = '', type = '']) => [name, type]));
  for (const [, binding = '', space, access, name = '', type = ''] of source.matchAll(
    /@binding\((\d+)\)var<(\w+),?(\w*)>(\w+):([^;]+);/g,
  )) {
    const kind = space === 'uniform' ? 'uniform' : access === 'read_write' ? 'storage' : 'read-only-storage';
    const [, named = ''] = /^(?:\w+<)*(\w+)/.exec(type) ?? [];
    const element = kind === 'uniform' ? 'u32' : (aliases.get(named) ?? named);
    bindings.set(binding, { name, binding: Number(binding), type: kind, element: element as WgslType });
  }
  return Object.fromEntries(
    uses.split(';').map((use) => {
      const [name = '', ...numbers] = use.split(' ');
      const size = new RegExp(`@workgroup_size\\(([^)]*)\\)fn ${name}\\(`).exec(source)?.[1] ?? '';
      const [x = 1, y = 1, z = 1] = size
        .split(',')
        .filter(Boolean)
        .map((part) => Number.parseInt(part, 10));
      return [name, { workgroupSize: [x, y, z], bindings: numbers.flatMap((number) => bindings.get(number) ?? []) }];
    }),
  );
}
