/** Whether a job gave what it says must come out. */
import type { Finding } from '../../../engine/wgsl/trace/index.ts';
import { WgslInputError } from '../../../engine/wgsl/trace/index.ts';
import { type BufferData, type Job, placeOf } from './job.ts';

export interface Verdict {
  readonly passed: boolean;
  readonly message: string;
}

/** Undefined where the job expects nothing, or nothing that this device can tell. @throws WgslInputError */
export function judge(
  job: Job,
  outputs: Readonly<Record<string, BufferData>>,
  findings: readonly Finding[],
  traced: boolean,
): Verdict | undefined {
  const { expect, tolerance, finding } = job;
  const verdicts: Verdict[] = [];
  if (finding && traced) {
    const found = findings.some(({ kind, line }) => kind === finding.kind && placeOf(job, line).line === finding.line);
    const instead = findings.map(({ kind, line }) => `${kind} in line ${placeOf(job, line).line}`).join(', ') || 'nothing';
    const wanted = `${finding.kind} in line ${finding.line}`;
    verdicts.push({
      passed: found,
      message: found ? `${wanted} was found, as expected` : `expected ${wanted}, found ${instead}`,
    });
  }
  for (const [name, values] of Object.entries(expect ?? {})) {
    const got = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
    if (!got) throw new WgslInputError(`'expect' names '${name}', which the program does not write`);
    if (got.length !== values.length) {
      throw new WgslInputError(`'expect' has ${values.length} values of '${name}', which has ${got.length} elements`);
    }
    verdicts.push(compare(name, got, values, tolerance));
  }
  return verdicts.find(({ passed }) => !passed) ?? verdicts[0];
}

function compare(name: string, got: BufferData, expected: readonly number[], tolerance: number): Verdict {
  let worst = { index: 0, ratio: 0 };
  expected.forEach((value, index) => {
    const other = got[index] as number;
    if (value === other || (Number.isNaN(value) && Number.isNaN(other))) return;
    const difference = Math.abs(other - value);
    const allowed = tolerance * (1 + Math.abs(value));
    const ratio = difference <= allowed ? 0 : difference / allowed;
    if (!(ratio <= worst.ratio)) worst = { index, ratio };
  });
  if (worst.ratio === 0) return { passed: true, message: `${name} is as expected (tolerance ${tolerance})` };
  const { index } = worst;
  return { passed: false, message: `${name}[${index}] is ${got[index]}, expected ${expected[index]} (tolerance ${tolerance})` };
}
