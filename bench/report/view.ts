/** What every report derives from a result: rates, shares of the roof, ratios to the peers, and the warnings. */
import { CHECKED_STEPS, type Group } from '../cases/case.ts';
import { type BenchResult, type CaseResult, type ContenderResult, type ControlResult, isOurs } from '../measure/result.ts';
import { geometricMean, quantile, rooflineSeconds } from '../measure/statistics.ts';
import type { RoofKernelName } from '../roofline/roof-kernels.ts';
import { formatRange } from './format.ts';
import { counterpart, fastest, type Kind, kindOf, median, threadsOf } from './kinds.ts';

export const GROUP_TITLES: Readonly<Record<Group, string>> = {
  'training-step': 'Training steps',
  forward: 'Inference',
  kernel: 'Kernels',
  streaming: 'Streaming kernels',
  ladder: 'Ladders',
  overhead: 'Overhead of a recorded step',
};

export const GROUP_ORDER: readonly Group[] = ['training-step', 'forward', 'kernel', 'streaming', 'overhead', 'ladder'];

export function casesOf(result: BenchResult, group: Group): CaseResult[] {
  return result.cases.filter((one) => one.group === group);
}

/** Identifiers of all contenders that appear in the cases, in the order of their first appearance. */
export function contenderIds(cases: readonly CaseResult[]): string[] {
  return [...new Set(cases.flatMap((one) => one.contenders.map((contender) => contender.id)))];
}

export function contender(one: CaseResult, id: string): ContenderResult | undefined {
  return one.contenders.find((candidate) => candidate.id === id);
}

/** Half of the batches lie between these. */
export function quartiles({
  samples = [],
}: Pick<ContenderResult, 'samples'>): readonly [lower: number, upper: number] | undefined {
  return samples.length === 0 ? undefined : [quantile(samples, 0.25), quantile(samples, 0.75)];
}

/** Marks a time that stands on fewer batches than the others with their number. */
export function few(result: BenchResult, candidate: ContenderResult | undefined): string {
  const count = candidate?.seconds?.count ?? result.batches;
  return count < result.batches ? ` *${count}` : '';
}

/** What that mark means. */
export function fewNote({ caseSeconds }: BenchResult): string {
  const reason = caseSeconds === undefined ? 'one takes many seconds' : `a contender has ${caseSeconds} s for a case`;
  return `*n: only n batches, because ${reason}.`;
}

/** What stands in the place of a time. */
export function whyNoTime(candidate: ContenderResult | undefined): string {
  if (candidate?.status === 'too slow') return `too slow: ${candidate.message}`;
  return candidate?.status === 'disagrees' || candidate?.status === 'failed' ? candidate.status : '–';
}

/** `98.0–110 ms`, with the unit of the upper quartile; empty without samples. */
export function quartileText(timing: Pick<ContenderResult, 'samples'>): string {
  const range = quartiles(timing);
  return range ? formatRange(...range) : '';
}

/** Which training steps stand on fewer compared losses than the protocol asks for; empty where none does. */
export function fewStepsNote(cases: readonly CaseResult[]): string {
  const list = cases.flatMap(({ name, contenders }) =>
    contenders
      .filter(({ checkedSteps = CHECKED_STEPS }) => checkedSteps < CHECKED_STEPS)
      .map(({ id, checkedSteps }) => `${checkedSteps} of ${id} in “${name}”`),
  );
  return list.length === 0 ? '' : `Fewer losses than ${CHECKED_STEPS} were compared, because steps are slow: ${list.join(', ')}.`;
}

/** The engine's own contender with the smallest median, of one kind or of all. */
export function fastestOurs(one: CaseResult, kind?: Kind): ContenderResult | undefined {
  return fastest(one.contenders.filter(({ id }) => isOurs(id) && isOf(kind, id)));
}

/** The fastest contender of one library over its backends of one kind, or over all. */
export function fastestOf(one: CaseResult, library: string, kind?: Kind): ContenderResult | undefined {
  return fastest(one.contenders.filter(({ id }) => id.startsWith(`${library} `) && isOf(kind, id)));
}

export function fastestPeer(one: CaseResult, kind?: Kind): ContenderResult | undefined {
  return fastest(one.contenders.filter(({ id }) => !isOurs(id) && isOf(kind, id)));
}

function isOf(kind: Kind | undefined, id: string): boolean {
  return kind === undefined || kindOf(id) === kind;
}

/** How many times longer `theirs` took than `ours`, by medians. */
export function speedup(ours: ContenderResult | undefined, theirs: ContenderResult | undefined): number | undefined {
  const [mine, other] = [median(ours), median(theirs)];
  return mine === undefined || other === undefined ? undefined : other / mine;
}

/** Geometric mean of the speed-ups over a peer in the cases that it and its counterpart measured. */
export function meanSpeedup(result: BenchResult, cases: readonly CaseResult[], peer: string): number | undefined {
  const ratios = cases
    .map((one) => speedup(counterpart(result, one, peer), contender(one, peer)))
    .filter((ratio) => ratio !== undefined);
  return ratios.length === 0 ? undefined : geometricMean(ratios);
}

/** Share of the roof that a contender reaches. */
export function shareOfRoof(result: BenchResult, one: CaseResult, candidate: ContenderResult | undefined): number | undefined {
  const seconds = median(candidate);
  const shortest = candidate && roofSeconds(result, one, candidate);
  return seconds === undefined || shortest === undefined ? undefined : shortest / seconds;
}

/** The roof of what the contender computes on. */
function controlOf(result: BenchResult, one: CaseResult, id: string): ControlResult | undefined {
  if (kindOf(id) === 'gpu') return one.control;
  return threadsOf(result, id) > 1 ? one.processorControls?.all : one.processorControls?.one;
}

/** Shortest time that the roof allows; on the adapter in results without controls by the best rates of the roofline table. */
function roofSeconds(result: BenchResult, one: CaseResult, { id, dispatches }: ContenderResult): number | undefined {
  const { flops, bytes } = one;
  const control = controlOf(result, one, id);
  if (!control) {
    if (hasControls(result) || !result.roofline || kindOf(id) === 'cpu') return undefined;
    return rooflineSeconds(flops, bytes, result.roofline);
  }
  const amount = amountOf(control.kernel, { flops, bytes, dispatches });
  return amount === undefined ? undefined : (amount / control.amount) * control.seconds.median;
}

/** What of a work a roof limits. */
export function amountOf(
  kernel: RoofKernelName,
  { flops, bytes, dispatches }: { flops: number; bytes: number; dispatches: number | undefined },
): number | undefined {
  if (kernel === 'empty') return dispatches;
  return kernel === 'stream' || kernel === 'processor-stream' ? bytes : flops;
}

function hasControls(result: BenchResult): boolean {
  return result.cases.some((one) => one.control ?? one.processorControls);
}

/** How the share of the roof was measured, in one sentence. */
export function roofNote(result: BenchResult): string {
  return hasControls(result)
    ? 'Share of the roof: the kernel of the roof that limits a case (streaming, multiply-adds or empty dispatches) ran in the same interleaved rounds, and the share is the ratio of the two medians. On WebGPU and WebGL it is the adapter’s roof; on the processor that of one WebAssembly thread, or of all threads where the library uses several.'
    : 'Share of the roof: by the best rates of the roofline, which was measured once before the cases.';
}

export interface DispatchCost {
  /** Seconds per dispatch of a replayed step of the engine. */
  readonly replayed: number;
  /** Seconds per empty dispatch without the engine, in the same rounds; in results without controls the best of the roofline. */
  readonly empty: number | undefined;
}

/** On the processor there is no empty dispatch to compare with: a kernel is called like any function. */
export function dispatchCost(result: BenchResult, one: CaseResult, ours: ContenderResult | undefined): DispatchCost | undefined {
  const seconds = median(ours);
  if (seconds === undefined || !ours?.dispatches) return undefined;
  if (kindOf(ours.id) === 'cpu') return { replayed: seconds / ours.dispatches, empty: undefined };
  const before = hasControls(result) ? undefined : result.roofline?.dispatch.best;
  const empty = one.control ? one.control.seconds.median / one.control.amount : before;
  return { replayed: seconds / ours.dispatches, empty };
}

/** What one must know before believing a number; the first lines of every output. */
export function warnings(result: BenchResult): string[] {
  const list: string[] = [];
  if (result.adapter.software) list.push(`Software adapter (${result.adapter.description}): no GPU took part in these numbers.`);
  if (result.environment.hidden) list.push('The tab was hidden during the run: the browser may have throttled it.');
  if (result.interrupted) list.push(`The run was interrupted: ${result.interrupted}`);
  if (result.partial) list.push('Partial run: fewer cases, libraries or batches than the full protocol.');
  const busy = result.cases.filter((one) => one.idle !== undefined && one.idle < 0.9).length;
  if (busy > 0)
    list.push(`The machine was busy with other work (more than 10 %) before ${busy} of ${result.cases.length} cases.`);
  for (const runtime of result.runtimes) if (runtime.error) list.push(`${runtime.id} is left out: ${runtime.error}`);
  for (const one of result.cases) {
    for (const candidate of one.contenders) {
      if (candidate.status === 'disagrees' || candidate.status === 'failed') {
        list.push(`${candidate.id} is left out of “${one.name}”: ${candidate.status} (${candidate.message ?? 'no message'})`);
      }
    }
  }
  return list;
}

/** Facts about the machine and the protocol, as label and value. */
export function environmentFacts(result: BenchResult): [string, string][] {
  const { environment, adapter } = result;
  const name = [adapter.vendor, adapter.architecture, adapter.description].filter(Boolean).join(', ');
  return [
    ['Date', `${result.date.slice(0, 10)}${result.commit ? `, commit ${result.commit}` : ''}`],
    ['Adapter', adapter.api === 'cpu' ? 'none' : name],
    [environment.where === 'node' ? 'Runtime' : 'Browser', environment.browser],
    ['Machine', `${environment.processor}, ${environment.memoryGiB} GiB, ${environment.platform}`],
    ['Versions', versions(result)],
    ...(result.tuned ? [['Variants', 'measured before each case (--tune)'] as [string, string]] : []),
  ];
}

function versions(result: BenchResult): string {
  const byLibrary = new Map<string, string>();
  for (const { id, version } of result.runtimes) if (version) byLibrary.set(id.split(' ')[0] ?? id, version);
  return [...byLibrary].map(([library, version]) => `${library} ${version}`).join(', ');
}
