/** A job: a WGSL program with its dispatch, buffers and overrides, and what must come out. Read from JSON or from arguments. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ProgramInput, scalarValue } from '../../../engine/wgsl/trace/bind.ts';
import { FINDING_KINDS, type FindingKind, WgslInputError } from '../../../engine/wgsl/trace/index.ts';
import { include, type Place } from '../../../shaders/build/include.ts';
import { ShaderBuildError } from '../../../shaders/build/tokens.ts';

export type BufferType = 'f32' | 'i32' | 'u32';
const VIEWS = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;
export type BufferData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export interface JobBuffer {
  readonly type: BufferType;
  readonly data: BufferData;
}

export interface Job {
  /** Where the program stands: named in every message about it. */
  readonly path: string;
  /** The program with what its lines `// @include PATH` ask for. */
  readonly source: string;
  /** Where each line of it was written; absent: in `path`. */
  readonly places?: readonly Place[];
  readonly entry: string | undefined;
  readonly workgroups: readonly [number, number, number];
  readonly buffers: Readonly<Record<string, JobBuffer>>;
  readonly uniform: Readonly<Record<string, unknown>> | undefined;
  readonly overrides: Readonly<Record<string, number | boolean>>;
  readonly expect: Readonly<Record<string, readonly number[]>> | undefined;
  /** |got − expected| ≤ tolerance · (1 + |expected|). */
  readonly tolerance: number;
  readonly finding: { readonly kind: FindingKind; readonly line: number } | undefined;
}

/** Most elements of one buffer. */
export const MAX_ELEMENTS = 1 << 26;
const MAX_SOURCE = 4 << 20;
const FIELDS = ['source', 'entry', 'workgroups', 'buffers', 'uniform', 'overrides', 'expect', 'tolerance', 'finding'];

/** What a job may say for people. */
const REMARKS = ['name', 'description', 'comment'];

type Record_ = Readonly<Record<string, unknown>>;

const fail = (message: string): never => {
  throw new WgslInputError(message);
};

const isRecord = (value: unknown): value is Record_ => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The text of a file. @throws WgslInputError where there is none */
export function readText(path: string): string {
  if (!existsSync(path)) fail(`${path} does not exist`);
  if (!statSync(path).isFile()) fail(`${path} is no file`);
  return readFileSync(path, 'utf8');
}

/** @throws WgslInputError */
export function readSource(path: string): Required<Pick<Job, 'source' | 'places'>> {
  const own = readText(path);
  if (own.length > MAX_SOURCE) fail(`${path}:1:1: the source has ${own.length} characters; the most is ${MAX_SOURCE}`);
  try {
    const { text, places } = include(own, path.replaceAll('\\', '/'), readText);
    return { source: text, places };
  } catch (error) {
    if (error instanceof ShaderBuildError) return fail(error.message);
    throw error;
  }
}

/** Where a line of the job's source was written. */
export const placeOf = ({ path, places }: Job, line: number): Place => places?.[line - 1] ?? { path, line };

/** @throws WgslInputError naming the field */
export function readJob(path: string): Job {
  let json: unknown;
  try {
    json = parseJson(readText(path));
  } catch (error) {
    if (error instanceof WgslInputError) throw error;
    return fail(`${path} is no JSON: ${(error as Error).message.replace(/\s+/g, ' ')}`);
  }
  if (!isRecord(json)) return fail(`${path}: a job is an object with ${FIELDS.join(', ')}`);
  const unknown = Object.keys(json).find((key) => !FIELDS.includes(key) && !REMARKS.includes(key));
  if (unknown !== undefined) fail(`${path}: a job has no field '${unknown}'; it has ${FIELDS.join(', ')}`);
  // `null` is nothing, as where a program wrote the job.
  const given = Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
  const { source, entry, workgroups = 1, buffers = {}, uniform, overrides = {}, expect, tolerance = 1e-5, finding } = given;
  if (typeof source !== 'string') return fail(`${path}: 'source' must name a .wgsl file`);
  if (entry !== undefined && typeof entry !== 'string') return fail(`${path}: 'entry' must be a name`);
  if (!isRecord(buffers)) return fail(`${path}: 'buffers' must be an object, variable → { type, data or length }`);
  if (uniform !== undefined && !isRecord(uniform)) return fail(`${path}: 'uniform' must be an object, field → value`);
  if (!isRecord(overrides)) return fail(`${path}: 'overrides' must be an object, name → value`);
  if (typeof tolerance !== 'number' || !(tolerance >= 0)) return fail(`${path}: 'tolerance' must be a number from 0 on`);
  const program = resolve(dirname(path), source);
  return {
    path: program,
    ...readSource(program),
    entry,
    workgroups: readGrid(workgroups, `${path}: 'workgroups'`),
    buffers: mapRecord(buffers, (value, name) => readBuffer(value, `${path}: buffer '${name}'`)),
    uniform,
    overrides: mapRecord(overrides, (value, name) => {
      if (typeof value === 'boolean' || typeof value === 'number') return value;
      return fail(`${path}: override '${name}' must be a number or a boolean, not ${JSON.stringify(value)}`);
    }),
    expect: expect === undefined ? undefined : readExpect(expect, path),
    tolerance,
    finding: finding === undefined ? undefined : readFinding(finding, path),
  };
}

/** JSON, and the bare words NaN, Infinity and -Infinity that Python's `json` writes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const quoted = text.replace(/"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b/g, (word) => (word[0] === '"' ? word : `"${word}"`));
    if (quoted === text) throw error;
    return JSON.parse(quoted);
  }
}

/** What the program is given, as the devices take it. */
export function inputOf({ buffers, uniform }: Job): ProgramInput {
  return { buffers: Object.fromEntries(Object.entries(buffers).map(([name, { data }]) => [name, data])), uniform };
}

function mapRecord<T>(record: Record_, map: (value: unknown, name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

/** Three counts; missing ones are 1. */
export function readGrid(value: unknown, where: string): [number, number, number] {
  const list = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(list) || list.length < 1 || list.length > 3 || list.some((n) => !Number.isInteger(n) || n < 0)) {
    return fail(`${where} must be one to three counts of workgroups, for example [2, 2, 1], not ${JSON.stringify(value)}`);
  }
  return [list[0] as number, (list[1] as number | undefined) ?? 1, (list[2] as number | undefined) ?? 1];
}

function readBuffer(value: unknown, where: string): JobBuffer {
  if (!isRecord(value)) return fail(`${where} must be an object { type, data } or { type, length }`);
  const { type, data, length } = value;
  const unknown = Object.keys(value).find((key) => !['type', 'data', 'length'].includes(key));
  if (unknown !== undefined) fail(`${where} has no field '${unknown}'; it has type and data or length`);
  if (type !== 'f32' && type !== 'i32' && type !== 'u32') {
    return fail(`${where}: 'type' must be f32, i32 or u32, not ${JSON.stringify(type)}`);
  }
  if (data !== undefined && !Array.isArray(data)) return fail(`${where}: 'data' must be a list of numbers`);
  const numbers = data?.flat(4);
  if (length !== undefined && (!Number.isInteger(length) || (length as number) < 0)) {
    return fail(`${where}: 'length' must be a count of elements, not ${JSON.stringify(length)}`);
  }
  if (numbers && length !== undefined && numbers.length !== length) {
    return fail(`${where}: 'data' has ${numbers.length} elements, but 'length' is ${length}`);
  }
  const count = numbers?.length ?? (length as number | undefined);
  if (count === undefined) return fail(`${where} needs 'data' or 'length'`);
  return { type, data: numbers ? fillBuffer(type, numbers, where) : emptyBuffer(type, count, where) };
}

export function emptyBuffer(type: BufferType, length: number, where: string): BufferData {
  if (length > MAX_ELEMENTS) fail(`${where} has ${length} elements; the most is ${MAX_ELEMENTS}`);
  return new VIEWS[type](length);
}

export function fillBuffer(type: BufferType, values: readonly unknown[], where: string): BufferData {
  const data = emptyBuffer(type, values.length, where);
  values.forEach((value, i) => {
    data[i] = scalarValue(type, value, `${where}, element ${i}`);
  });
  return data;
}

function readExpect(value: unknown, path: string): Record<string, readonly number[]> {
  if (!isRecord(value)) return fail(`${path}: 'expect' must be an object, buffer → values`);
  return mapRecord(value, (values, name) => {
    const where = `${path}: expected '${name}'`;
    if (!Array.isArray(values)) return fail(`${where} must be a list of numbers`);
    // f64: what is expected is not rounded.
    return values.flat(4).map((v, i) => (typeof v === 'number' ? v : scalarValue('f32', v, `${where}, element ${i}`)));
  });
}

function readFinding(value: unknown, path: string): { kind: FindingKind; line: number } {
  const { kind, line } = isRecord(value) ? value : {};
  if (!FINDING_KINDS.includes(kind as FindingKind)) {
    return fail(`${path}: 'finding' must have a kind (${FINDING_KINDS.join(', ')}) and a line`);
  }
  if (!Number.isInteger(line)) return fail(`${path}: 'finding' must have a line`);
  return { kind: kind as FindingKind, line: line as number };
}
