/** What the report says first: the training step of one network, beside what computes on the same. */
import { type BenchResult, type CaseResult, type ContenderResult, isOurs } from '../measure/result.ts';
import { formatRatio, formatSeconds } from './format.ts';
import { type Kind, kindOf, median, nameOf, threadsOf } from './kinds.ts';
import { fastestOf, fastestOurs, speedup } from './view.ts';

/**
 * A sentence for each of WebGPU, one thread and several threads on which the engine was measured, with the ratio to the fastest backend
 * that each peer has of that kind: WebGPU or WebGL, or on the processor. Undefined where the case is missing.
 */
export function headline(result: BenchResult): string | undefined {
  const convNet = result.cases.find((one) => one.name.startsWith('ConvNet training'));
  if (!convNet) return undefined;
  const sentences = [
    sentence(result, convNet, fastestOurs(convNet, 'gpu'), 'gpu'),
    ...convNet.contenders
      .filter(({ id }) => isOurs(id) && kindOf(id) === 'cpu')
      .map((ours) => sentence(result, convNet, ours, 'cpu')),
  ].filter((text) => text !== undefined);
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

function sentence(result: BenchResult, one: CaseResult, ours: ContenderResult | undefined, kind: Kind): string | undefined {
  const seconds = median(ours);
  if (!ours || seconds === undefined) return undefined;
  const peers = [...new Set(one.contenders.map(({ id }) => id.split(' ')[0] as string))].filter((library) => !isOurs(library));
  const against = peers.flatMap((library) => {
    const theirs = fastestOf(one, library, kind);
    const ratio = speedup(ours, theirs);
    return theirs === undefined || ratio === undefined ? [] : [ratioText(ratio, nameOf(result, theirs.id))];
  });
  const where = kind === 'gpu' ? 'On WebGPU' : `On the processor with ${threadText(threadsOf(result, ours.id))}`;
  const ratios = against.length > 0 ? `: ${against.join(', ')}` : '';
  return `${where}, a ConvNet training step takes ${formatSeconds(seconds)}${ratios}.`;
}

function ratioText(ratio: number, peer: string): string {
  return ratio >= 1 ? `${formatRatio(ratio)} faster than ${peer}` : `${formatRatio(1 / ratio)} slower than ${peer}`;
}

function threadText(threads: number): string {
  return threads === 1 ? 'one thread' : `${threads} threads`;
}
