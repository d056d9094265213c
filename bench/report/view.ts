/** What every report derives from a result: rates, shares of the roof, ratios to the peers, and the warnings. */
import { CHECKED_STEPS, type Group } from '../cases/case.ts';
import { type BenchResult, type CaseResult, type ContenderResult, isOurs } from '../measure/result.ts';
import { geometricMean, rooflineSeconds } from '../measure/statistics.ts';

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

export function median(result: ContenderResult | undefined): number | undefined {
  return result?.status === 'ok' ? result.seconds?.median : undefined;
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

/** Which training steps stand on fewer compared losses than the protocol asks for; empty where none does. */
export function fewStepsNote(cases: readonly CaseResult[]): string {
  const list = cases.flatMap(({ name, contenders }) =>
    contenders
      .filter(({ checkedSteps = CHECKED_STEPS }) => checkedSteps < CHECKED_STEPS)
      .map(({ id, checkedSteps }) => `${checkedSteps} of ${id} in “${name}”`),
  );
  return list.length === 0 ? '' : `Fewer losses than ${CHECKED_STEPS} were compared, because steps are slow: ${list.join(', ')}.`;
}

/** The engine's own contender with the smallest median. */
export function fastestOurs(one: CaseResult): ContenderResult | undefined {
  return fastest(one.contenders.filter((candidate) => isOurs(candidate.id)));
}

/** The fastest contender of one library over its backends. */
export function fastestOf(one: CaseResult, library: string): ContenderResult | undefined {
  return fastest(one.contenders.filter((candidate) => candidate.id.startsWith(`${library} `)));
}

export function fastestPeer(one: CaseResult): ContenderResult | undefined {
  return fastest(one.contenders.filter((candidate) => !isOurs(candidate.id)));
}

function fastest(candidates: readonly ContenderResult[]): ContenderResult | undefined {
  const timed = candidates.filter((candidate) => median(candidate) !== undefined);
  return timed.sort((a, b) => (median(a) as number) - (median(b) as number))[0];
}

/** How many times longer `theirs` took than `ours`, by medians. */
export function speedup(ours: ContenderResult | undefined, theirs: ContenderResult | undefined): number | undefined {
  const [mine, other] = [median(ours), median(theirs)];
  return mine === undefined || other === undefined ? undefined : other / mine;
}

/** Geometric mean of the speed-ups over the cases that both measured. */
export function meanSpeedup(
  cases: readonly CaseResult[],
  theirs: (one: CaseResult) => ContenderResult | undefined,
): number | undefined {
  const ratios = cases.map((one) => speedup(fastestOurs(one), theirs(one))).filter((ratio) => ratio !== undefined);
  return ratios.length === 0 ? undefined : geometricMean(ratios);
}

/** Share of the roof that a contender reaches. */
export function shareOfRoof(result: BenchResult, one: CaseResult, candidate: ContenderResult | undefined): number | undefined {
  const seconds = median(candidate);
  const shortest = candidate && roofSeconds(result, one, candidate);
  return seconds === undefined || shortest === undefined ? undefined : shortest / seconds;
}

/** Shortest time that the roof allows; in results without controls by the best rates of the roofline table. */
function roofSeconds(result: BenchResult, one: CaseResult, { dispatches }: ContenderResult): number | undefined {
  const { control, flops, bytes } = one;
  if (!control) return hasControls(result) ? undefined : rooflineSeconds(flops, bytes, result.roofline);
  const amounts = { stream: bytes, 'fma-scalar': flops, 'fma-vector': flops, empty: dispatches };
  const amount = amounts[control.kernel];
  return amount === undefined ? undefined : (amount / control.amount) * control.seconds.median;
}

function hasControls(result: BenchResult): boolean {
  return result.cases.some((one) => one.control);
}

/** How the share of the roof was measured, in one sentence. */
export function roofNote(result: BenchResult): string {
  return hasControls(result)
    ? 'Share of the roof: the kernel of the roof that limits a case (streaming, multiply-adds or empty dispatches) ran in the same interleaved rounds, and the share is the ratio of the two medians.'
    : 'Share of the roof: by the best rates of the roofline, which was measured once before the cases.';
}

export interface DispatchCost {
  /** Seconds per dispatch of a replayed step of the engine. */
  readonly replayed: number;
  /** Seconds per empty dispatch without the engine, in the same rounds; in results without controls the best of the roofline. */
  readonly empty: number | undefined;
}

export function dispatchCost(result: BenchResult, one: CaseResult): DispatchCost | undefined {
  const ours = fastestOurs(one);
  const seconds = median(ours);
  if (seconds === undefined || !ours?.dispatches) return undefined;
  const before = hasControls(result) ? undefined : result.roofline.dispatch.best;
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
    ['Adapter', name],
    ['Browser', environment.browser],
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
