/** What `wgsl` prints: for people, or as one JSON object. */
import { WgslError, WgslSubsetError } from '../../../engine/wgsl/errors.ts';
import { type Finding, numberText } from '../../../engine/wgsl/trace/index.ts';
import type { Arguments } from './arguments.ts';
import type { Program, RunResult } from './devices.ts';
import { type BufferData, type Job, placeOf } from './job.ts';
import type { Verdict } from './verdict.ts';

const MOST_VALUES = 256;
const PER_LINE = 8;
const MOST_ACCESSES = 200;

export type Outputs = Readonly<Record<string, BufferData>>;

export interface Outcome {
  readonly program: Program;
  readonly args: Arguments;
  readonly result: RunResult;
  readonly outputs: Outputs;
  readonly verdict: Verdict | undefined;
  readonly exitCode: number;
}

export function printOutcome(outcome: Outcome): void {
  if (outcome.args.json) console.log(JSON.stringify(jsonOf(outcome)));
  else console.log(textOf(outcome));
}

function jsonOf({ program, args, result, outputs, verdict, exitCode }: Outcome): object {
  return {
    device: args.device,
    entry: program.entry.name,
    exitCode,
    findings: result.findings.map((finding) => ({ ...finding, ...placeOf(program.job, finding.line) })),
    buffers: Object.fromEntries(Object.entries(outputs).map(([name, data]) => [name, Array.from(data, jsonNumber)])),
    ...(result.steps === undefined ? {} : { steps: result.steps }),
    ...(args.watch ? { accesses: result.accesses } : {}),
    ...(verdict ? { verdict } : {}),
  };
}

/** JSON has no NaN. */
const jsonNumber = (value: number): number | string => (Number.isFinite(value) ? value : `${value}`);

function textOf({ program: { job }, args, result, outputs, verdict }: Outcome): string {
  const parts = result.findings.map((finding) => findingText(job, finding));
  if (result.findings.every(({ hint }) => hint)) {
    for (const [name, data] of Object.entries(outputs)) parts.push(bufferText(name, data));
  }
  if (args.watch) parts.push(accessText(result, args.watch));
  if (verdict) parts.push(`${verdict.passed ? 'PASS' : 'FAIL'}: ${verdict.message}`);
  return parts.join('\n') || 'The program writes no buffer, and nothing was found.';
}

function findingText(job: Job, { kind, line, column, message, count, hint }: Finding): string {
  const text = job.source.split('\n')[line - 1] ?? '';
  const place = placeOf(job, line);
  const seen = count > 1 ? ` [${count.toLocaleString('en-US')} times]` : '';
  const caret = `${' '.repeat(Math.max(0, column - 1))}^`;
  return `${place.path}:${place.line}:${column}: ${kind}${hint ? ' (a hint)' : ''}: ${message}${seen}\n  ${text}\n  ${caret}`;
}

function bufferText(name: string, data: BufferData): string {
  const type = data instanceof Float32Array ? 'f32' : data instanceof Int32Array ? 'i32' : 'u32';
  const shown = Array.from(data.subarray(0, MOST_VALUES), numberText);
  const lines: string[] = [];
  for (let i = 0; i < shown.length; i += PER_LINE) lines.push(`  ${shown.slice(i, i + PER_LINE).join(', ')}`);
  if (data.length > MOST_VALUES) lines.push(`  … and ${data.length - MOST_VALUES} more (--json prints all)`);
  return `${name}: ${data.length} ${type}\n${lines.join('\n')}`;
}

function accessText({ accesses }: RunResult, watch: readonly number[]): string {
  const lines = accesses
    .slice(0, MOST_ACCESSES)
    .map(({ access, element, value, line }) => `  line ${line}: ${access}s ${element} ${access === 'read' ? '=' : '←'} ${value}`);
  if (accesses.length > MOST_ACCESSES) lines.push(`  … and ${accesses.length - MOST_ACCESSES} more (--json prints all)`);
  return `Reads and writes of invocation (${watch.join(', ')}): ${accesses.length}\n${lines.join('\n')}`;
}

/** A program or job that is no valid one. */
export function printError(error: Error, json: boolean): void {
  if (!json) {
    console.error(error.message);
    return;
  }
  const { message } = error;
  const place = error instanceof WgslError ? { path: error.path, line: error.line, column: error.column } : {};
  const construct = error instanceof WgslSubsetError ? { construct: error.construct } : {};
  console.log(JSON.stringify({ exitCode: 2, error: { kind: error.name, message, ...place, ...construct } }));
}
