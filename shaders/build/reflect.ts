/** Reads a `.wgsl` file into a ShaderModule and holds the rules of this repository for WGSL files. Build time only. */
import { ResourceType, type TypeInfo, type VariableInfo, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import type { EntryPoint, ParamField, ShaderBinding, ShaderModule, ShaderOverride, WgslType } from './module.ts';
import { closing, lineAt, ShaderBuildError, tokenize } from './tokens.ts';
import { unroll } from './unroll.ts';
import { usedGlobals } from './usage.ts';

const TYPES: ReadonlySet<string> = new Set<WgslType>([
  'f32',
  'i32',
  'u32',
  'vec2f',
  'vec3f',
  'vec4f',
  'vec2u',
  'vec3u',
  'vec4u',
  'vec2i',
  'vec3i',
  'vec4i',
]);

/** Most storage buffers that the default limits of WebGPU give one entry point. */
const MAX_STORAGE_BUFFERS = 8;

/**
 * Reflects one file.
 * @param path from the repository root, with forward slashes; named in every error
 * @throws ShaderBuildError with file and line where the file cannot be read or breaks a rule
 */
export function reflectShader(source: string, path: string): ShaderModule {
  checkWorkgroupSizes(source, path);
  const unrolled = unroll(source, path);
  const reflection = parse(source, path);
  const at = (name: string) => lineAt(source, Math.max(0, source.search(new RegExp(`\\b${name}\\b\\s*:`))));
  const fail = (name: string, message: string): never => {
    throw new ShaderBuildError(path, at(name), message);
  };

  const other = [...reflection.textures, ...reflection.samplers, ...reflection.immediates][0];
  if (other) fail(other.name, `'${other.name}': only uniform and storage buffers are supported`);
  const variables = [...reflection.uniforms, ...reflection.storage];
  const bindings = new Map<string, ShaderBinding>();
  for (const variable of variables) {
    if (variable.group !== 0)
      fail(variable.name, `'${variable.name}' is in group ${variable.group}; all bindings belong to group 0`);
    const twin = [...bindings.values()].find((binding) => binding.binding === variable.binding);
    if (twin) fail(variable.name, `'${variable.name}' and '${twin.name}' share binding ${variable.binding}`);
    bindings.set(variable.name, bindingOf(variable, fail));
  }

  const used = usedGlobals(source, new Set(bindings.keys()));
  const entryPoints: Record<string, EntryPoint> = {};
  for (const entry of reflection.entry.compute) {
    const size = entry.attributes?.find((attribute) => attribute.name === 'workgroup_size')?.value;
    const parts = (Array.isArray(size) ? size : [size]).map(Number);
    const own = [...(used.get(entry.name) ?? [])].flatMap((name) => bindings.get(name) ?? []);
    own.sort((a, b) => a.binding - b.binding);
    const storage = own.filter((binding) => binding.type !== 'uniform').length;
    if (storage > MAX_STORAGE_BUFFERS) {
      throw new ShaderBuildError(
        path,
        entry.startLine,
        `entry point '${entry.name}' uses ${storage} storage buffers, more than the ${MAX_STORAGE_BUFFERS} of the default limits`,
      );
    }
    entryPoints[entry.name] = { workgroupSize: [parts[0] ?? 1, parts[1] ?? 1, parts[2] ?? 1], bindings: own };
  }
  if (Object.keys(entryPoints).length === 0) throw new ShaderBuildError(path, 1, 'no @compute entry point');

  const overrides = reflection.overrides.map((override): ShaderOverride => {
    const type = override.type?.name ?? fail(override.name, `override '${override.name}' needs a written type`);
    if (type !== 'bool' && type !== 'f32' && type !== 'i32' && type !== 'u32') {
      return fail(override.name, `override '${override.name}' has type '${type}'`);
    }
    return { name: override.name, type };
  });
  return { path, source, unrolled, params: paramsOf(reflection.uniforms[0], fail), entryPoints, overrides };
}

type Fail = (name: string, message: string) => never;

function parse(source: string, path: string): WgslReflect {
  try {
    return new WgslReflect(source);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = Number(/Line: ?(\d+)/.exec(message)?.[1] ?? 1);
    throw new ShaderBuildError(path, line, message.replace(/\.*\s*Line: ?\d+.*/s, ''));
  }
}

/** wgsl_reflect stops with an unhelpful message at an expression here, and reads a missing size as none. */
function checkWorkgroupSizes(source: string, path: string): void {
  const tokens = tokenize(source);
  tokens.forEach((token, i) => {
    const where = () => lineAt(source, token.start);
    if (token.text === 'workgroup_size' && tokens[i - 1]?.text === '@') {
      const inside = tokens.slice(i + 2, closing(tokens, i + 1));
      if (!inside.every((part) => (part.kind === 'number' && /^\d+[iu]?$/.test(part.text)) || part.text === ',')) {
        throw new ShaderBuildError(
          path,
          where(),
          `@workgroup_size(${inside.map((t) => t.text).join(' ')}): only literals are allowed`,
        );
      }
    }
    if (token.text === 'compute' && tokens[i - 1]?.text === '@') {
      let end = i;
      while (end < tokens.length && tokens[end]?.text !== 'fn') end++;
      let begin = i;
      while (begin > 0 && !/[;}]/.test(tokens[begin - 1]?.text ?? '')) begin--;
      if (!tokens.slice(begin, end).some((part) => part.text === 'workgroup_size')) {
        throw new ShaderBuildError(path, where(), `entry point '${tokens[end + 1]?.text}' lacks a literal @workgroup_size`);
      }
    }
  });
}

function bindingOf(variable: VariableInfo, fail: Fail): ShaderBinding {
  const { name, binding } = variable;
  if (variable.resourceType === ResourceType.Uniform) {
    if (name !== 'params' || variable.type.name !== 'Params') {
      fail(name, `uniform '${name}: ${variable.type.name}' must be declared as 'params: Params'`);
    }
    return { name, binding, type: 'uniform', element: 'u32' };
  }
  const type = variable.access === 'read' ? 'read-only-storage' : 'storage';
  return { name, binding, type, element: elementOf(variable, fail) };
}

function elementOf(variable: VariableInfo, fail: Fail): WgslType {
  let type: TypeInfo | null = variable.isArray ? variable.format : variable.type;
  if (type?.name === 'atomic' && type.isTemplate) type = (type as TypeInfo & { format: TypeInfo | null }).format;
  return (
    wgslType(type) ??
    fail(variable.name, `'${variable.name}' holds ${type?.getTypeName()}; use scalars or vectors of f32, i32 or u32`)
  );
}

/** `vec4<f32>` and `vec4f` are the same type. */
function wgslType(type: TypeInfo | null): WgslType | undefined {
  const name = type?.getTypeName().replace(/^(vec[234])<([fiu])32>$/, '$1$2');
  return name !== undefined && TYPES.has(name) ? (name as WgslType) : undefined;
}

function paramsOf(uniform: VariableInfo | undefined, fail: Fail): ShaderModule['params'] {
  if (!uniform) return { size: 0, fields: [] };
  const members = uniform.members;
  if (!members) return fail(uniform.name, 'params must be a struct');
  const fields = members.map((member): ParamField => {
    const type = wgslType(member.type);
    if (!type) return fail(member.name, `Params.${member.name} has type ${member.type.getTypeName()}; use scalars or vectors`);
    return { name: member.name, type, offset: member.offset };
  });
  return { size: Math.ceil(uniform.size / 16) * 16, fields };
}
