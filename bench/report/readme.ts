/** The README's benchmark section: a headline, one short table, and the link to the report. */
import type { BenchResult, CaseResult, ContenderResult } from '../measure/result.ts';
import { isOurs } from '../measure/result.ts';
import { formatBytes, formatFlops, formatSeconds } from './format.ts';
import { headline } from './headline.ts';
import { type Kind, kindOf, median, threadsOf } from './kinds.ts';
import { table } from './markdown.ts';
import { fastestOurs, fastestPeer } from './view.ts';

export const BEGIN = '<!-- benchmark: written by `npm run bench -- --readme` -->';
export const END = '<!-- end of benchmark -->';

/** Rows at most: with head, headline and link the section stays within 15 lines. */
const ROWS = 7;
const CASES = [/^(ConvNet|MLP|UNet-16) training/, /^matmul 512$/, /^conv 3×3 (forward|weight-gradient) .*16→32$/, /^add$/];

interface Column {
  readonly title: string;
  /** The contender that stands there. */
  readonly of: (one: CaseResult) => ContenderResult | undefined;
  readonly peer: boolean;
}

const casesOf = (result: BenchResult): CaseResult[] =>
  CASES.flatMap((pattern) => result.cases.filter(({ name }) => pattern.test(name))).slice(0, ROWS);

/** Whether a run that was broken off had not come to all rows of the table: an older, whole one is worth more. */
export const lacksRows = (result: BenchResult): boolean => result.interrupted !== undefined && casesOf(result).length < ROWS;

/** @param report address of the whole report */
export function readmeSection(result: BenchResult, report: string): string {
  const { environment, adapter, date } = result;
  const place = adapter.api === 'cpu' ? environment.processor : `${adapter.description} and ${environment.processor}`;
  const cases = casesOf(result);
  const used = columns(result).filter(({ of }) => cases.some((one) => median(of(one)) !== undefined));
  const rows = cases.map((one) => [one.name, ...used.map((column) => cell(one, column))]);
  const lines = [
    `Measured ${date.slice(0, 10)} on ${place}, ${environment.browser}${adapter.software ? ' (a software adapter: no GPU)' : ''}${result.partial ? '; a partial run' : ''}.`,
    headline(result) ?? '',
    cases.length > 0 ? table(['', ...used.map(({ title }) => title)], rows) : '',
    `[The whole report](${report}) has all cases, the spread, the roofs and the first step.`,
  ];
  return lines.filter(Boolean).join('\n\n');
}

/** The engine on each device, and beside each kind of device the fastest peer there. */
function columns(result: BenchResult): Column[] {
  const own = (title: string, of: Column['of']): Column => ({ title, of, peer: false });
  const peer = (title: string, kind: Kind): Column => ({ title, of: (one) => fastestPeer(one, kind), peer: true });
  const onProcessor = (several: boolean) => (one: CaseResult) =>
    one.contenders.find(({ id }) => isOurs(id) && kindOf(id) === 'cpu' && threadsOf(result, id) > 1 === several);
  const threaded = result.runtimes.find(({ id }) => isOurs(id) && threadsOf(result, id) > 1)?.id;
  return [
    own('Chalkgrad WebGPU', (one) => fastestOurs(one, 'gpu')),
    peer('fastest peer on WebGPU, WebGL', 'gpu'),
    own('Chalkgrad, 1 thread', onProcessor(false)),
    own(`Chalkgrad, ${threaded ? threadsOf(result, threaded) : 'several'} threads`, onProcessor(true)),
    peer('fastest peer on the processor', 'cpu'),
  ];
}

function cell(one: CaseResult, { of, peer }: Column): string {
  const candidate = of(one);
  const seconds = median(candidate);
  if (!candidate || seconds === undefined) return '–';
  return amount(one, seconds) + (peer ? ` (${candidate.id})` : '');
}

function amount({ group, flops, bytes }: CaseResult, seconds: number): string {
  if (group === 'training-step') return formatSeconds(seconds);
  return group === 'streaming' ? formatBytes(bytes / seconds) : formatFlops(flops / seconds);
}

/** Replaces what stands between the markers of a README. @throws Error where the markers are missing */
export function replaceSection(readme: string, section: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the file lacks the lines '${BEGIN}' and '${END}' in this order`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${readme.slice(end)}`;
}
