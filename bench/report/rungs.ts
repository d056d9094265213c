/** What each rung of a ladder gains over the first and over the best below it, as Markdown beside the numbers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchRoot } from '../host/peers.ts';
import type { RungResult, RungsResult } from '../measure/rungs.ts';
import { formatSeconds } from './format.ts';

/** A rung that is not faster by so much than the best below it gains nothing: less is noise. */
export const GAIN = 1.03;

export interface Gain {
  readonly kernel: string;
  readonly shape: string;
  readonly variant: string;
  readonly time: RungResult['rungs'][number]['time'];
  /** Times faster than the first rung, and than the fastest below; absent for the first. */
  readonly overFirst?: number;
  readonly overBelow?: number;
}

export function gainsOf({ kernel, shape, rungs }: RungResult): Gain[] {
  return rungs.map(({ variant, time }, at): Gain => {
    const gain = { kernel, shape, variant, time };
    const below = rungs.slice(0, at).map((rung) => rung.time.median);
    const [first] = below;
    if (first === undefined) return gain;
    return { ...gain, overFirst: first / time.median, overBelow: Math.min(...below) / time.median };
  });
}

/** Rungs that are timed and gain in no case, as `kernel variant`. */
export function gainless({ cases }: Pick<RungsResult, 'cases'>): string[] {
  const best = new Map<string, number>();
  for (const { kernel, variant, overBelow } of cases.flatMap(gainsOf)) {
    if (overBelow === undefined) continue;
    const key = `${kernel} ${variant}`;
    best.set(key, Math.max(best.get(key) ?? 0, overBelow));
  }
  return [...best].filter(([, gain]) => gain < GAIN).map(([key]) => key);
}

/** Rungs that apply to no case here, as `kernel variant`. */
export function untimed({ cases }: Pick<RungsResult, 'cases'>): string[] {
  const timed = new Set(cases.flatMap(({ kernel, rungs }) => rungs.map(({ variant }) => `${kernel} ${variant}`)));
  const all = new Set(cases.flatMap((one) => one.untimed.map((variant) => `${one.kernel} ${variant}`)));
  return [...all].filter((key) => !timed.has(key));
}

const times = (ratio: number | undefined): string => (ratio === undefined ? '' : ratio.toFixed(2));
const list = (names: readonly string[]): string => (names.length > 0 ? names.map((name) => `\`${name}\``).join(', ') : 'none');

export function rungsMarkdown(result: RungsResult): string {
  const { device, machine, date, commit, node, rounds, cases, failed } = result;
  const rows = cases.flatMap(gainsOf).map(({ kernel, shape, variant, time, overFirst, overBelow }) => {
    const spread = `${formatSeconds(time.median)} ± ${formatSeconds(time.iqr / 2)}`;
    return `| ${kernel} | ${shape} | ${variant} | ${spread} | ${times(overFirst)} | ${times(overBelow)} |`;
  });
  const failures = Object.entries(failed).map(([name, reason]) => `- not measured: ${name}: ${reason}`);
  return `# Rungs on ${device.name}

${date.slice(0, 10)}, commit ${commit}, ${device.kind}${device.kind === 'wasm' ? ', one thread' : ''}, ${machine.processor}, ${machine.platform}, Node ${node}.
\`npm run bench -- --rungs ${device.kind}\`: every rung that this device can run, on a few representative calls, the rungs of a case in turn, ${rounds} rounds.
Times are processor time of one call, median ± half the distance between the quartiles; ratios are of medians, above 1 where the rung is faster than the
first and than the fastest below it.

| kernel | case | rung | time | over the first | over the best below |
| --- | --- | --- | ---: | ---: | ---: |
${rows.join('\n')}

Rungs that gain less than ${Math.round(100 * (GAIN - 1))} % in every case here: ${list(gainless(result))}.

Rungs that this device does not run in these cases, so that nothing is said of them: ${list(untimed(result))}. Those with workgroup memory are made for GPUs.
${failures.length > 0 ? `\n${failures.join('\n')}\n` : ''}`;
}

/** Writes `bench/results/DATE-rungs-DEVICE` as Markdown and JSON and returns the paths. */
export function writeRungs(result: RungsResult, folder = join(benchRoot, 'results')): string[] {
  mkdirSync(folder, { recursive: true });
  const slug =
    result.device.kind === 'wasm'
      ? 'cpu'
      : result.device.name
          .toLowerCase()
          .replace(/[^a-z0-9]+/g, '-')
          .replace(/^-|-$/g, '')
          .slice(0, 40);
  const round = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  const contents = { md: rungsMarkdown(result), json: `${JSON.stringify(result, round, 1)}\n` };
  return Object.entries(contents).map(([extension, content]) => {
    const file = join(folder, `${result.date.slice(0, 10)}-rungs-${slug}.${extension}`);
    writeFileSync(file, content);
    return file;
  });
}
