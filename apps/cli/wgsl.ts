/**
 * `npm run wgsl -- JOB`: runs a WGSL program and prints what it writes or what is wrong with it. See `wgsl/arguments.ts` for the
 * options and `wgsl/job.ts` for the form of a job.
 */
import { ChalkgradError } from '../../engine/errors.ts';
import { WgslError, WgslSubsetError } from '../../engine/wgsl/errors.ts';
import { parseModule } from '../../engine/wgsl/front/index.ts';
import { bindingsOf, entryOf, WgslInputError } from '../../engine/wgsl/trace/index.ts';
import type { Module } from '../../engine/wgsl/typed.ts';
import { isApart, PATIENCE_TEXT, runApart } from './wgsl/apart.ts';
import { parseArguments, USAGE } from './wgsl/arguments.ts';
import { checkJob, type Program, RUNNERS } from './wgsl/devices.ts';
import { type BufferData, type Job, placeOf } from './wgsl/job.ts';
import { type Outputs, printError, printOutcome } from './wgsl/print.ts';
import { judge } from './wgsl/verdict.ts';

/** @returns 0 where it ran clean, 1 with findings or wrong values, 2 where the program or the job is no valid one */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const given = parseArguments(args);
    if (!given) {
      console.log(USAGE);
      return args.length === 0 ? 2 : 0;
    }
    const { job, device } = given;
    const module = parse(job);
    const program: Program = { job, module, entry: entryOf(module, job.entry) };
    checkJob(program);
    if (device === 'webgpu' && !isApart()) {
      const code = await runApart(args);
      if (code !== undefined) return code;
      throw new WgslInputError(`the program did not end within ${PATIENCE_TEXT} on WebGPU; --device trace says why`);
    }
    const result = await RUNNERS[device](program, given);
    const outputs = outputsOf(program, result.buffers);
    const faults = result.findings.filter(({ hint }) => !hint);
    const verdict = judge(job, outputs, result.findings, device === 'trace');
    const exitCode = faults.length > 0 || verdict?.passed === false ? 1 : 0;
    printOutcome({ program, args: given, result, outputs, verdict, exitCode });
    return exitCode;
  } catch (error) {
    if (!(error instanceof ChalkgradError || error instanceof WgslError)) throw error;
    printError(error, args.includes('--json'));
    return 2;
  }
}

/** @throws WgslError that names the file and the line where the fault was written */
function parse(job: Job): Module {
  try {
    return parseModule(job.source, job.path);
  } catch (error) {
    if (!(error instanceof WgslError)) throw error;
    const { path, line } = placeOf(job, error.line);
    const at = { line, column: error.column };
    const message = error.message.slice(`${error.path}:${error.line}:${error.column}: `.length);
    throw error instanceof WgslSubsetError
      ? new WgslSubsetError(path, at, error.construct, message)
      : new WgslError(path, at, message);
  }
}

/** The buffers that the program may write, as the job's types. */
function outputsOf({ job, module, entry }: Program, buffers: Readonly<Record<string, ArrayBuffer>>): Outputs {
  const outputs: Record<string, BufferData> = {};
  for (const { global } of bindingsOf(module, entry)) {
    const bytes = buffers[global.name];
    if (global.space !== 'storage' || global.access === 'read' || !bytes) continue;
    outputs[global.name] = viewAs(job, global.name, bytes);
  }
  return outputs;
}

function viewAs({ buffers }: Job, name: string, bytes: ArrayBuffer): BufferData {
  const type = buffers[name]?.type;
  return type === 'i32' ? new Int32Array(bytes) : type === 'u32' ? new Uint32Array(bytes) : new Float32Array(bytes);
}
