/** What the reader is asked, and what the run found. */
import { html } from 'lit';
import type { LabelAccuracies } from '../../../engine/repair/index.ts';
import { formatNumber, formatPercent } from '../../components/shared/format.ts';
import type { Finding, LabPage, Prose } from '../../shell/lab-module.ts';
import type { ModeLab } from './experiment.ts';
import { effective, names } from './methods.ts';
import type { Selected } from './progress.ts';
import type { Repair } from './repairs.ts';
import type { schema } from './schema.ts';
import type { Compared, Summary } from './summary.ts';

type Lab = LabPage<typeof schema, ModeLab>;

const points = (share: number) => `${share > 0 ? '+' : ''}${(100 * share).toFixed(2).replace('-', '−')}`;
const withInterval = ({ mean, halfWidth }: Compared) =>
  `${points(mean)}${halfWidth === null ? '' : ` ± ${(100 * halfWidth).toFixed(2)}`} points`;
const summariesOf = ({ store }: Lab): readonly Summary[] => store.data.get('summaries') ?? [];
const listed = (found: readonly { readonly name: string }[]) => found.map(({ name }) => name).join(', ');

const verdicts = {
  better: 'better',
  worse: 'worse',
  'no difference': 'no difference',
  'one seed': 'one seed says nothing of chance',
} as const;

export const finding: Finding<typeof schema, ModeLab> = (lab) => {
  const summaries = summariesOf(lab);
  const chosen = effective(lab.ran.method, lab.ran.published);
  const own = summaries.find(({ method }) => method === chosen);
  if (!own || lab.store.result === undefined) return undefined;
  const worst = own.beyond.random?.worst ?? own.gain.worst;
  const average = own.beyond.random?.average ?? own.gain.average;
  const other = summaries.find(({ method }) => method === 'random');
  const theirs = own.beyond.random && other ? other.final.worst : own.control.worst;
  const against = own.beyond.random ? 'the same repair on random images takes it to' : 'its control on random images to';
  const sentence = html`Repaired on images chosen by ${names[own.method]}, the worst label goes from
    ${formatPercent(own.initial.worst.mean)} to ${formatPercent(own.final.worst.mean)}; ${against}
    ${formatPercent(theirs.mean)} (${withInterval(worst)}: ${verdicts[worst.verdict]}). All images: ${withInterval(average)},
    ${verdicts[average.verdict]}.`;
  const others = summaries.filter(({ beyond }) => beyond.random !== null);
  const told = html`${sentence} ${otherWorst(lab.store.result.repairs.filter(({ method }) => method === own.method))}`;
  if (others.length < 2 || own.seeds < 2) return told;
  const better = others.filter(({ beyond }) => beyond.random?.average.verdict === 'better');
  return html`${told} Of ${others.length} ways to choose images ${better.length === 0 ? 'none beats' : `${better.length} beat${better.length === 1 ? 's' : ''}`}
    random ones on all images.`;
};

/** The worst label of a state: the least accuracy. */
function worstLabel(labels: LabelAccuracies): number {
  const shares = labels.map((share) => share ?? Number.POSITIVE_INFINITY);
  return shares.indexOf(Math.min(...shares));
}

/** Says where the worst label after a repair is not the one before. */
export function otherWorst(repairs: readonly Repair[]): string {
  const changed = repairs.flatMap(({ rounds }) => {
    const [before, after] = [rounds[0]?.labels ?? [], rounds.at(-1)?.labels ?? []];
    const [was, is] = [worstLabel(before), worstLabel(after)];
    const at = (label: number) => formatPercent(after[label] ?? Number.NaN);
    return was === is ? [] : [`${was} goes to ${at(was)}, and ${is} is the worst with ${at(is)}`];
  });
  if (changed.length === 0) return '';
  if (repairs.length === 1) return `The worst label is another one then: ${changed[0]}.`;
  return `With ${changed.length} of ${repairs.length} seeds the worst label is another one then; with the first of these ${changed[0]}.`;
}

/** What the run on the screen says of a question; nothing before there is a run. */
const measured = (lab: Lab, say: (summaries: readonly Summary[]) => string) => {
  const summaries = summariesOf(lab);
  return summaries.length === 0 ? '' : say(summaries);
};

function significance(summaries: readonly Summary[]): string {
  const [better, worse] = (['better', 'worse'] as const).map((verdict) =>
    summaries.filter(({ gain }) => gain.average.verdict === verdict),
  ) as [Summary[], Summary[]];
  const tried = summaries.filter(({ gain }) => gain.average.p !== null).length;
  if (tried === 0) return 'This run has one seed and cannot say.';
  const said = [
    better.length > 0 ? `Better than the control: ${listed(better)}.` : 'No way is better than its control.',
    worse.length > 0 ? `Worse: ${listed(worse)}.` : 'None is worse.',
  ];
  return `${said.join(' ')} Of ${tried} tests at the level of 5 %, ${formatNumber(0.05 * tried, 2)} are expected to err by chance alone.`;
}

export const prose: Prose<typeof schema, ModeLab> = (lab) => html`
  <h2>Debugging a network like a program</h2>
  <p>
    MODE (Ma et al. 2018) calls a label on which a network does badly a bug, draws a heat map of what it knows of that label, and repairs it by
    training on images that fit the map. The replication behind this lab measures the fit in nine ways, and trains a copy of the network on
    random images beside it: the control.
  </p>
  <details>
    <summary>Which labels are faulty, and what are they taken for? Compare the heat maps of what is right, of false positives and of false negatives.</summary>
    <p>${faultyText(lab)} Where a false-negative map resembles another label’s, that is what its images are taken for.</p>
  </details>
  <details>
    <summary>Which measure chooses the best-looking images, and which the oddest?</summary>
    <p>
      Look at the galleries. The dot product rewards ink, so it finds bold digits. Differences of pixels punish ink outside the mean image, so
      Manhattan, Euclidean and Minkowski find thin, average ones. The earth mover ignores where the ink is. The published code ranks it the wrong
      way round and shows the images least like the heat map as its best.
    </p>
  </details>
  <details>
    <summary>Predict: will the measure with the best-looking images repair most?</summary>
    <p>
      ${measured(lab, (all) => {
        const best = all.reduce((a, b) => (b.final.average.mean > a.final.average.mean ? b : a));
        return `Here ${best.name} has the best mean accuracy after the repair, ${formatPercent(best.final.average.mean, 2)}; against its control ${withInterval(best.gain.average)}, ${verdicts[best.gain.average.verdict]}.`;
      })}
      Images near the mean are redundant: the network knows them already. What it gets wrong is far from the mean.
    </p>
  </details>
  <details>
    <summary>Is anything significant?</summary>
    <p>${measured(lab, significance)} The published report has one run of each measure, and differences of a few tenths of a point.</p>
  </details>
  <details>
    <summary>Do random images of the faulty label repair as well as those near the heat map?</summary>
    <p>${measured(lab, beyondLabelText)} If so, the label mattered and the heat map did not. All of them leave the
      faulty label out of the random rest of a batch, as published; a setting draws it from all labels.</p>
  </details>
  <details>
    <summary>Is the control fair?</summary>
    <p>
      Not quite, as published. It draws from the pool that the repair has taken its images from: where the repair wants hundreds of one label in
      every round, a small pool soon has none left for the control. It starts with a fresh optimiser, too. The table therefore also compares with
      the same repair on random images, which has a pool of its own.
    </p>
  </details>
  <details>
    <summary>Is layer selection worth its time?</summary>
    <p>${layersText(lab)} Each depth costs another training, and the repair then does the same whatever the answer.</p>
  </details>
  <details>
    <summary>Why may the test set not choose when to stop?</summary>
    <p>
      A label that is above θ there by luck ends the repair, and the same luck is in the accuracy that is reported.
      <button @click=${() => lab.take({ selection: 'test' }, 'This suggestion')}>Look for bugs on the test set</button>
    </p>
  </details>
`;

function faultyText({ store }: Lab): string {
  const found = store.data.get('accuracies');
  if (!found) return '';
  const { underFitted, overFitted, worst } = found.bugs;
  if (!worst) return `No label is faulty; the worst is ${found.worst}.`;
  const over = overFitted.length > 0 ? ` Over-fitted: ${overFitted.join(', ')}.` : '';
  const between = store.data.get('between');
  const taken = between?.label === worst.label ? ` It is most often taken for ${between.other}.` : '';
  return `Under-fitted: ${underFitted.join(', ') || 'none'}.${over} The worst is ${worst.label}.${taken}`;
}

function beyondLabelText(summaries: readonly Summary[]): string {
  const compared = summaries.flatMap(({ name, beyond }) => {
    const average = beyond.randomOfLabel?.average;
    return average && average.verdict !== 'one seed' ? [{ name, verdict: average.verdict }] : [];
  });
  if (compared.length === 0) return 'This run did not try random images of the label with several seeds.';
  const better = compared.filter(({ verdict }) => verdict === 'better');
  return better.length === 0
    ? `Of ${compared.length} other ways none does better than random images of the label.`
    : `Of ${compared.length} other ways, better than random images of the label: ${listed(better)}.`;
}

function layersText({ store }: Lab): string {
  const selected = store.data.get('layers');
  if (!selected || selected.length === 0) return 'This run did not select a layer.';
  const { length: seeds } = selected;
  const saturatedIn = ({ target, saturated = target !== null }: Selected) => saturated;
  const count = (wanted: (one: Selected) => boolean) => selected.filter(wanted).length;
  const none = count((one) => one.direction === 'forward' && !saturatedIn(one));
  const linear = count((one) => one.target === null && saturatedIn(one));
  const first = count((one) => one.direction === 'backward' && !saturatedIn(one));
  const said = [
    `For ${none} of ${seeds} seed${seeds === 1 ? '' : 's'} no hidden layer is saturated and the search ends at the output layer.`,
    linear > 0 &&
      ` For ${linear} it ends there before any hidden layer: the linear model of the pixels is as near to equal probabilities as the threshold asks.`,
    first > 0 && ` For ${first} the search from the end finds none that is saturated and falls back to the first hidden layer.`,
  ];
  return said.filter((sentence) => sentence !== false).join('');
}
