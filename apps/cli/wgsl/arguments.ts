/** The arguments of `wgsl`: a job, or a `.wgsl` file with what a job would say. */
import { WgslInputError } from '../../../engine/wgsl/trace/index.ts';
import { type BufferType, emptyBuffer, fillBuffer, type Job, type JobBuffer, readGrid, readJob, readSource } from './job.ts';

export const DEVICES = ['trace', 'wasm', 'webgpu'] as const;
export type DeviceName = (typeof DEVICES)[number];

export interface Arguments {
  readonly job: Job;
  readonly device: DeviceName;
  readonly json: boolean;
  /** Lists the accesses of this invocation. */
  readonly watch: readonly [number, number, number] | undefined;
  /** Statements that one invocation may run. */
  readonly steps: number | undefined;
}

export const USAGE = `node apps/cli/run.mjs wgsl JOB.json [options]
node apps/cli/run.mjs wgsl PROGRAM.wgsl --dispatch X,Y,Z --buffer NAME=TYPE:CONTENT … [options]

Runs a WGSL program on the tracer (which says what is wrong with it), or on WebGPU, and prints the buffers that it
may write, or what was found.

  --device D           trace (default), wasm or webgpu
  --json               prints one JSON object
  --entry NAME         which entry point, where there are several
  --dispatch X,Y,Z     workgroups (default 1,1,1)
  --buffer N=T:C       variable N holds elements of type T (f32, i32, u32): zeros:64, ones:64, range:64 (0, 1, 2, …),
                       random:64 (in [-1, 1); integers below 100), or a list 1,2,3
  --uniform F=V        field F of the uniform; lists in JSON: --uniform size=[4,4]
  --override N=V       pipeline-overridable constant
  --watch X,Y,Z        lists every read and write of this invocation (tracer)
  --steps N            statements that one invocation may run before it is called endless (tracer)

Exit code: 0 where it ran clean, 1 with findings or wrong values, 2 where the program or the job is no valid one.`;

const REPEATED = ['buffer', 'uniform', 'override'] as const;
const SINGLE = ['device', 'entry', 'dispatch', 'watch', 'steps'] as const;
type Option = (typeof REPEATED)[number] | (typeof SINGLE)[number];

const fail = (message: string): never => {
  throw new WgslInputError(message);
};

/** @throws WgslInputError; undefined where help is asked for or nothing is given */
export function parseArguments(args: readonly string[]): Arguments | undefined {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) return undefined;
  const given = new Map<Option, string[]>();
  const files: string[] = [];
  let json = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--json') json = true;
    else if (!arg.startsWith('-')) files.push(arg);
    else if (!arg.startsWith('--')) fail(`${arg.slice(0, 40)} is no option; see --help`);
    else {
      const [name = '', inline] = cut(arg.slice(2), '=');
      const option = [...REPEATED, ...SINGLE].find((one) => one === name) ?? fail(`${arg.slice(0, 40)} is no option; see --help`);
      const value = inline ?? args[++i] ?? fail(`--${option} needs a value`);
      given.set(option, [...(given.get(option) ?? []), value]);
    }
  }
  const [file, another] = files;
  if (!file) return fail('which job? Give a .json or a .wgsl file');
  if (another !== undefined) fail(`one job at a time: ${file} or ${another}?`);
  const single = (option: Option) => given.get(option)?.at(-1);
  const device = DEVICES.find((name) => name === (single('device') ?? 'trace'));
  const watch = single('watch');
  const steps = single('steps');
  return {
    job: withOptions(file.endsWith('.wgsl') ? bareJob(file) : readJob(file), given),
    device: device ?? fail(`there is no device '${single('device')}'; there are ${DEVICES.join(', ')}`),
    json,
    watch: watch === undefined ? undefined : readTriple(watch, '--watch'),
    steps: steps === undefined ? undefined : Number(steps) > 0 ? Number(steps) : fail(`--steps ${steps} is no count`),
  };
}

const cut = (text: string, separator: string): readonly [string, string | undefined] => {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
};

function bareJob(path: string): Job {
  return {
    path,
    ...readSource(path),
    entry: undefined,
    workgroups: [1, 1, 1],
    buffers: {},
    uniform: undefined,
    overrides: {},
    expect: undefined,
    tolerance: 1e-5,
    finding: undefined,
  };
}

function withOptions(job: Job, given: ReadonlyMap<Option, readonly string[]>): Job {
  const pairs = (option: Option) =>
    (given.get(option) ?? []).map((text): readonly [string, string] => {
      const [name, value] = cut(text, '=');
      return [name, value ?? fail(`--${option} ${text}: expected NAME=VALUE`)];
    });
  const dispatch = given.get('dispatch')?.at(-1);
  const uniform = pairs('uniform').map(([name, value]) => [name, jsonOf(value, `--uniform ${name}`)] as const);
  const overrides = pairs('override').map(([name, value]) => [name, overrideOf(value, name)] as const);
  return {
    ...job,
    entry: given.get('entry')?.at(-1) ?? job.entry,
    workgroups: dispatch === undefined ? job.workgroups : readTriple(dispatch, '--dispatch'),
    buffers: { ...job.buffers, ...Object.fromEntries(pairs('buffer').map(([name, text]) => [name, bufferOf(name, text)])) },
    uniform: uniform.length === 0 ? job.uniform : { ...job.uniform, ...Object.fromEntries(uniform) },
    overrides: { ...job.overrides, ...Object.fromEntries(overrides) },
  };
}

function readTriple(text: string, where: string): [number, number, number] {
  return readGrid(text.split(/[,x×]/).map(Number), `${where} ${text}`);
}

function jsonOf(text: string, where: string): unknown {
  if (['NaN', 'Infinity', '-Infinity'].includes(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return fail(`${where}=${text}: expected a number or a list such as [1, 2]`);
  }
}

function overrideOf(text: string, name: string): number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? fail(`--override ${name}=${text}: expected a number, true or false`) : value;
}

/** `f32:zeros:64`, `u32:range:10`, `f32:1,2,3`. */
function bufferOf(name: string, text: string): JobBuffer {
  const where = `--buffer ${name}=${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
  const [type, content] = cut(text, ':');
  if (type !== 'f32' && type !== 'i32' && type !== 'u32') return fail(`${where}: the type must be f32, i32 or u32`);
  if (content === undefined) return fail(`${where}: expected ${type}:zeros:64 or ${type}:1,2,3`);
  const [kind, length] = cut(content, ':');
  const make = Object.hasOwn(FILLERS, kind) ? FILLERS[kind] : undefined;
  if (make) {
    const count = Number(length ?? Number.NaN);
    if (!Number.isInteger(count) || count < 0) return fail(`${where}: '${kind}' needs a count, for example ${type}:${kind}:64`);
    const data = emptyBuffer(type, count, where);
    const next = make(type);
    for (let i = 0; i < count; i++) data[i] = next(i);
    return { type, data };
  }
  const items = content.split(',').map((item) => item.trim() || fail(`${where}: an empty element`));
  const values = items.map(Number);
  if (values.some((value, i) => Number.isNaN(value) && items[i] !== 'NaN'))
    return fail(`${where}: expected zeros, ones, range, random or a list of numbers`);
  return { type, data: fillBuffer(type, values, where) };
}

const FILLERS: Readonly<Record<string, (type: BufferType) => (i: number) => number>> = {
  zeros: () => () => 0,
  ones: () => () => 1,
  range: () => (i) => i,
  random: (type) => {
    // Numerical Recipes' linear congruential generator: the same numbers every time.
    let state = 1;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return type === 'f32' ? state / 2 ** 31 - 1 : Math.floor((state / 2 ** 32) * 100);
    };
  },
};
