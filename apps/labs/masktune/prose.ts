/** What the reader is asked, and what the run found. */
import { html } from 'lit';
import { formatPercent as percent } from '../../components/shared/format.ts';
import { findingsLink } from '../../shell/findings-link.ts';
import type { Finding, LabPage, Prose } from '../../shell/lab-module.ts';
import { CLASSES, carrierOf } from './classes.ts';
import type { MaskTuning } from './experiment.ts';
import type { Comparison, RepairSummary } from './repair-table.ts';
import type { schema } from './schema.ts';
import type { ModelScores } from './scores.ts';
import { worstGroup } from './worst-group.ts';

type Page = LabPage<typeof schema, MaskTuning>;

const BASE = 'ERM';
const CONTROL = 'random masks of equal area';
const PLAIN = 'ERM, one more epoch';

/** Of the worst group, with its name. */
const worst = (model: ModelScores | undefined) => (model ? `${percent(model.groups.worst)} (${worstGroup(model.groups)})` : '–');

/** What became of the worst group with one rule, beside as many cells hidden at random. */
function ofOneRule({ store }: Page) {
  const models = store.result?.models ?? [];
  const base = models.find(({ name }) => name === BASE);
  // Of several rounds the last, of both.
  const control = models.filter(({ name }) => name.startsWith(CONTROL)).at(-1);
  // What was fine-tuned on request has no control.
  const shown = store.data.get('looks')?.find(({ model }) => model !== BASE)?.model;
  const tuned = models.find(({ name }) => name === shown);
  if (!base || !tuned) return undefined;
  return html`The network classifies ${percent(store.result?.trainingAccuracy ?? Number.NaN)} of its training images correctly, of the worst group of
    test images ${worst(base)}. Fine-tuned with what it looks at hidden (${tuned.name}): ${worst(tuned)}; with as many cells of the map
    hidden at random places: ${worst(control)}.`;
}

/** The best and the worst model of the sweep, and the control, which any of them has to beat. */
function ofSweep({ store }: Page) {
  const models = store.result?.models ?? [];
  const find = (wanted: string) => models.find(({ name }) => name === wanted);
  const [base, control] = [find(BASE), find(CONTROL)];
  const tuned = models.filter((model) => model !== base && model !== control).sort((a, b) => b.groups.worst - a.groups.worst);
  const [best, last] = [tuned[0], tuned.at(-1)];
  if (!base || !best || !last) return undefined;
  const raises = best.groups.worst > base.groups.worst;
  const beaten = control && control.groups.worst >= best.groups.worst;
  return html`The accuracy of the worst group is ${worst(base)} before fine-tuning. Of ${tuned.length} ways to mask, ${
    raises ? html`‘${best.name}’ raises it most, to` : html`none raises it: with the best, ‘${best.name}’, it is`
  } ${worst(best)}; with ‘${last.name}’ it is ${worst(last)}, with ${CONTROL} ${worst(control)}${
    beaten ? ': no way to mask beats this control' : ''
  }.`;
}

function told(name: string, comparison: Comparison | null | undefined) {
  if (!comparison) return undefined;
  const { to, verdict, mean, halfWidth } = comparison;
  if (verdict === 'one seed') return html`${name} against ${to}: one seed says nothing of chance.`;
  if (verdict === 'no difference') return html`${name} against ${to}: no difference.`;
  const points = `${Math.abs(100 * mean).toFixed(1)} ± ${(100 * (halfWidth ?? 0)).toFixed(1)}`;
  return html`${name} is ${points} percentage points ${verdict} than ${to}.`;
}

/** Which methods have a better worst group than one more epoch, by the table's verdicts: an order of means alone may be chance. */
function ofRepairs({ store }: Page) {
  const repairs = store.result?.repairs ?? [];
  const find = (name: string) => repairs.find(({ method }) => method === name);
  const plain = find(PLAIN);
  if (!plain) return undefined;
  const better = (knows: RepairSummary['knows']) =>
    repairs
      .filter((repair) => repair.knows === knows && repair.toPlain?.verdict === 'better')
      .sort((a, b) => b.worst.mean - a.worst.mean)
      .map(({ method, worst }) => `‘${method}’ (${percent(worst.mean)})`)
      .join(', ') || 'none';
  const ranked =
    plain.seeds === 1
      ? 'whether a method has a better one, one seed cannot tell'
      : `better than that are without group labels ${better('no group labels')}, with them ${better('group labels')}`;
  return html`One more epoch leaves the worst group at ${percent(plain.worst.mean)}; ${ranked}.
    ${told('MaskTune', find('MaskTune')?.toControl)} ${told('Last-layer retraining', find('last layer, balanced (DFR)')?.toControl)}`;
}

export const finding: Finding<typeof schema, MaskTuning> = (lab) => {
  if (!lab.store.result) return undefined;
  if (lab.ran.study === 'repairs') return ofRepairs(lab);
  return lab.ran.study === 'sixteen models' ? ofSweep(lab) : ofOneRule(lab);
};

/** What this run's numbers say to a question; nothing before there are any. */
function shortcut({ store, ran }: Page) {
  const base = store.data.get('models')?.find(({ name }) => name === BASE);
  if (!base) return '';
  const carrier = carrierOf(ran);
  const [own, other] = [CLASSES[carrier], CLASSES[1 - carrier]];
  const raw = (label: number) => percent(base.raw.perClass[label] ?? 0);
  return html` In this run: ${own} without their square ${raw(carrier)}, ${other} without ${raw(1 - carrier)}, ${other} with one
    ${percent(base.biased.perClass[1 - carrier] ?? 0)}.`;
}

function hidden({ store, ran }: Page) {
  const facts = store.data
    .get('masks')
    ?.filter(({ rule }) => !rule.startsWith(CONTROL))
    .at(-1);
  if (!facts || facts.squares === null) return '';
  return html` Here the masks of ‘${facts.rule}’ hide the square on ${percent(facts.squares)} of the images of ${CLASSES[carrierOf(ran)]} that carry it, and
    ${percent(facts.hidden)} of an image on average.`;
}

function hiddenAtRandom({ store }: Page) {
  const control = store.data.get('masks')?.findLast(({ rule }) => rule.startsWith(CONTROL));
  return control ? html` In this run it hides ${percent(control.hidden)} of an image on average.` : '';
}

function cost({ store }: Page) {
  const { seconds } = store.result ?? {};
  if (!seconds) return '';
  return html` In this run the maps took ${(seconds.maps / seconds.forward).toFixed(1)} times as long as the forward passes alone
    (${seconds.maps.toFixed(1)} s and ${seconds.forward.toFixed(1)} s).`;
}

export const prose: Prose<typeof schema, MaskTuning> = (lab) => html`
  <h2>A square that gives the answer away</h2>
  <p>
    Digits 0–4 are one class, 5–9 the other. In training nearly every image of the first class carries a coloured square, and nearly none of
    the second. On the raw test no image carries it; on the biased test the wrong class does. The questions are about these shares: where more of
    5–9 carry the square, read them the other way round. MaskTune asks the trained network what it looks
    at, hides that, and trains for one more epoch.
  </p>
  <h3>1. Look at the data</h3>
  <details>
    <summary>The network will be right on all training images. What will it say to a 3 without a square, and to an 8 with one?</summary>
    <p>
      The square is the easier cue, so it is learned first, and little is left to learn from the rest. A 3 without it looks like the other
      class; an 8 with it like the first.${shortcut(lab)}
    </p>
  </details>
  <details>
    <summary>Where in the test scores would you see the shortcut if nobody had told you of the square?</summary>
    <p>
      Not in the accuracy on images drawn like the training set: weighted by the groups’ shares of the training set, the accuracy is nearly
      perfect. One has to split the test by something, here by class and square, and look at the worst part.
    </p>
  </details>
  <h3>2. Ask the network</h3>
  <details>
    <summary>What does the saliency map show on an image of 0–4, and on one of 5–9, which has no square?</summary>
    <p>
      On 0–4 the corner, if the network relies on it. On 5–9 there is nothing to see in the corner, and yet the absence of the square is
      evidence: a map of what is there cannot show it.${hidden(lab)}
    </p>
  </details>
  <details>
    <summary>What do maps of a whole training set cost?</summary>
    <p>
      One forward pass, and one backward pass from the score to the layer: the layers before it are not gone through again, and a batch is
      explained at once.${cost(lab)}
    </p>
  </details>
  <h3>3. Choose a rule and a strength</h3>
  <details>
    <summary>Why does too much masking destroy the task?</summary>
    <p>
      Once the masks reach the digits, what is left of 0–4 and of 5–9 looks alike, or is black. All that can be learned then is which of
      the classes is masked how: the published networks end with one answer for nearly everything. The sweep shows how far it goes here.
      <button @click=${() => lab.take({ study: 'sixteen models' }, 'This suggestion')}>Sweep over rules and strengths</button>
    </p>
  </details>
  <details>
    <summary>Why do the accuracies of the two classes trade off?</summary>
    <p>
      The masks differ by class: on 0–4 they lie on the square, on 5–9 on the strokes. A black patch where strokes should be becomes a cue
      itself, and moves the decision boundary.
    </p>
  </details>
  <h3>4. Was it the saliency?</h3>
  <details>
    <summary>As many cells hidden at random, or nothing hidden at all but one more epoch: what do you expect?</summary>
    <p>
      If these repair as much, the maps did nothing. That is why every number of MaskTune stands beside a control with the same steps and as
      many cells of the map hidden, at random places. Its area is equal in cells, not exactly in pixels, where masks are hard or the paper’s
      rule is used.${hiddenAtRandom(lab)} <button @click=${() => lab.take({ study: 'repairs' }, 'This suggestion')}>Make the repair table</button>
    </p>
  </details>
  <details>
    <summary>How many seeds does it take until you believe a difference?</summary>
    <p>
      The strength of the shortcut varies widely from seed to seed (published runs of this task range from 18 % to 84 % on the biased test:
      ${findingsLink('masktune')}). The table pairs methods by seed, gives 95 % intervals, and calls what lies inside them no difference.
    </p>
  </details>
  <details>
    <summary>Of a training’s states on the way, which one counts, and who may judge?</summary>
    <p>
      Held-out images carry the square as often as the others: by their accuracy the shortcut is no fault, and a half-finished repair may look
      better than a finished one. Who knows the groups can ask for the worst of them. The table lets plain accuracy judge unless told otherwise.
    </p>
  </details>
  <details>
    <summary>Why does Just Train Twice fail when its first network is trained to the end?</summary>
    <p>
      It up-weights what the first network gets wrong. A network that is right on all of its training images has no errors to give, and the
      second training repeats the first.
    </p>
  </details>
  <h3>5. Try to break it</h3>
  <details>
    <summary>A second square in another corner: what does one round of masks do?</summary>
    <p>
      It may hide one of the two and leave the other, which tells the class as well. Further rounds explain the network of the round before, with
      what was hidden staying hidden.
      <button @click=${() => lab.take({ secondCue: true, rounds: 2, study: 'one rule' }, 'This suggestion')}>Two squares, two rounds</button>
    </p>
  </details>
  <details>
    <summary>With the square on all of 0–4 and on none of 5–9, can any of this work?</summary>
    <p>
      No training image speaks against the square, so nothing that re-weights images can help. Masks can, because they take the square away.
      <button @click=${() => lab.take({ mix0: 1, mix1: 0 }, 'This suggestion')}>A cue without exception</button>
    </p>
  </details>
  <details>
    <summary>The published pictures show blue where the network looks. Why?</summary>
    <p>
      Their library draws colours in the order blue, green, red and they were shown as red, green, blue: hot and cold are swapped. Here the
      strongest cells stand out from the page.
    </p>
  </details>
`;
