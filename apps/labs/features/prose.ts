/** What the reader is asked, and what the run found. */
import { html, nothing } from 'lit';
import { formatNumber, formatPercent } from '../../components/shared/format.ts';
import { findingsLink } from '../../shell/findings-link.ts';
import type { Finding, LabPage, Prose } from '../../shell/lab-module.ts';
import type { Features } from './experiment.ts';
import type { schema } from './schema.ts';
import type { BlocksResult } from './take-apart.ts';
import type { WayResult } from './visualisation.ts';
import { type WayName, wayLabel } from './ways.ts';

type Page = LabPage<typeof schema, Features>;

export const finding: Finding<typeof schema, Features> = ({ ran, store }) => {
  const { visualisation, blocks } = store.result ?? {};
  if (blocks?.strongest) return evidence(blocks);
  const set = visualisation?.ways.find(({ way }) => way === 'as set');
  const free = visualisation?.ways.find(({ way }) => way === 'free pixels');
  if (!visualisation || !set) return undefined;
  const [still, transformed] = [formatNumber(set.still, 3), formatNumber(set.transformed, 3)];
  if (!free) {
    const images = ran.batch > 1 ? `The ${ran.batch} images are` : 'The image is';
    return html`${images} worth ${still} as ${ran.batch > 1 ? 'they are' : 'it is'}, and ${transformed} on average when moved and turned a little
      (climbed: ${visualisation.objective}).`;
  }
  return html`Moved a little, the image of free pixels keeps ${formatNumber(free.transformed, 2)} of its objective of ${formatNumber(free.still, 3)}, that
    of ${wayLabel('as set', ran)} ${transformed} of ${still}.`;
};

function evidence({ photograph, layer, verdicts, strongest }: BlocksResult) {
  const [first, second] = verdicts;
  if (!strongest || !first || !second) return undefined;
  const { channel, net } = strongest;
  return html`In the photograph “${photograph}” channel ${channel} of layer ${layer} tells the two most likely classes apart most: its net evidence
    for ${net > 0 ? first.name : second.name} against ${net > 0 ? second.name : first.name} is ${formatNumber(Math.abs(net), 3)}, where the two logits
    differ by ${formatNumber(first.logit - second.logit, 3)}.`;
}

/** What the ways of the run on the screen came to; nothing for other runs. */
function told({ store }: Page, say: (of: (way: WayName) => WayResult | undefined, all: readonly WayResult[]) => unknown) {
  const ways = store.result?.visualisation?.ways ?? [];
  return ways.length === 0 ? nothing : say((name) => ways.find(({ way }) => way === name), ways);
}

const noise = (lab: Page) =>
  told(lab, (of) => {
    const free = of('free pixels');
    return free
      ? html`In this run free pixels reach ${formatNumber(free.still, 3)} and keep ${formatNumber(free.transformed, 2)} when the image is moved and turned a
          little; ${formatPercent(free.highFrequencies)} of the image’s contrast is finer than a blur over 3 × 3 pixels.`
      : nothing;
  });

const compared = (lab: Page) =>
  told(lab, (_, all) => {
    const smooth = [...all].sort((a, b) => a.highFrequencies - b.highFrequencies);
    const lasting = [...all].sort((a, b) => b.transformed / b.still - a.transformed / a.still);
    const words = ({ way }: WayResult) => wayLabel(way, lab.ran);
    if (all.length < 2 || !smooth[0] || !lasting[0] || all.some(({ still }) => still <= 0)) return nothing;
    return html`In this run, by the share of contrast in the finest detail:
      ${smooth.map((way) => `${words(way)} ${formatPercent(way.highFrequencies)}`).join('; ')}. By what is left of the objective when the image is
      moved and turned: ${lasting.map((way) => `${words(way)} ${formatPercent(way.transformed / way.still, 0)}`).join('; ')}.`;
  });

const opposite = (lab: Page) =>
  told(lab, (of) => {
    const set = of('as set');
    const [term] = lab.ran.terms;
    if (!set || lab.ran.terms.length !== 1 || term?.kind !== 'channel' || term.weight >= 0) return nothing;
    return html`In this run channel ${term.unit} comes down to ${formatNumber(-set.still / Math.abs(term.weight), 3)} in the mean over the image.`;
  });

const ofClass = (lab: Page) =>
  told(lab, (of) => {
    const set = of('as set');
    if (!set || !lab.ran.terms.every(({ kind }) => kind === 'logit')) return nothing;
    return html`In this run the logit comes to ${formatNumber(set.still, 3)}, and to ${formatNumber(set.transformed, 3)} when the image is moved and turned.`;
  });

export const prose: Prose<typeof schema, Features> = (lab) => html`
  <h2>What does a part of a network look for?</h2>
  <p>
    Begin with grey noise, and let gradient ascent change the image so that one channel answers more and more strongly. What comes out ought
    to be what the channel looks for. Often it is noise that no photograph contains, and that says as much about the ascent as about the channel.
  </p>
  <h3>Predict, run, explain</h3>
  <details>
    <summary>Free pixels reach a high objective. Why is the picture noise?</summary>
    <p>
      ${noise(lab)} Strides and pooling let the highest frequencies through with large gradients, and nothing tells the ascent that photographs
      have little of them. Such an image works at one exact position: it is kin to adversarial noise.
    </p>
  </details>
  <details>
    <summary>Penalties forbid noise, transformations make it useless, the Fourier basis makes it slow. Which leaves the least fine detail, and which an image that may be moved?</summary>
    <p>
      ${compared(lab)} A penalty on differences acts at one position, as the objective does, and cannot tell an edge from noise. Under random
      transformations only what survives a shift can be climbed. In the Fourier basis nothing is forbidden, but a step moves large waves as easily
      as small ones. Whether what is left are edges is for your eyes: the run measures detail, not edges.
    </p>
  </details>
  <details>
    <summary>Turn a weight to −1, or subtract a second channel. What is the opposite of a feature?</summary>
    <p>
      The negative of a channel is whatever brings it lowest. Behind a plain ReLU that is silence, and a blank would do. Tiny Darknet’s leaky ReLUs let
      a tenth of what is negative through, so there is something to climb down to, and the image that does it has structure of its own:
      ${findingsLink('features')} have one. ${opposite(lab)}
      <button @click=${() => lab.take({ terms: [{ kind: 'channel', layer: '31', unit: 27, weight: -1 }] }, 'This suggestion')}>Take the negative</button>
    </p>
  </details>
  <details>
    <summary>Climb a logit instead of a channel. Would the image pass for one of the class?</summary>
    <p>
      Look whether there are parts of the class, and whether there is a whole one. ${ofClass(lab)} This network averages its class maps over
      all positions, so what speaks for the class may stand anywhere, and many times over.
      <button @click=${() => lab.take({ terms: [{ kind: 'logit', layer: '', unit: 79, weight: 1 }], size: 128, steps: 512 }, 'This suggestion')}>Climb “zebra”</button>
    </p>
  </details>
  <details>
    <summary>Is what one channel looks for one thing?</summary>
    <p>
      One optimisation shows one way to please it. Climb several at once with a term that makes them differ.
      <button @click=${() =>
        lab.take(
          {
            terms: [
              { kind: 'channel', layer: '31', unit: 27, weight: 1 },
              { kind: 'diversity', layer: '31', unit: 0, weight: 2 },
            ],
            batch: 4,
            compare: 'alone',
          },
          'This suggestion',
        )}>Four images that differ</button>
    </p>
  </details>
  <p class="references">
    Olah, Mordvintsev &amp; Schubert 2017, <a href="https://distill.pub/2017/feature-visualization/">Feature visualization</a> ·
    Olah et al. 2018, <a href="https://distill.pub/2018/building-blocks/">The building blocks of interpretability</a> · Lee &amp; Seung 2001
    (non-negative matrix factorisation) · Network: Tiny Darknet, J. Redmon, public domain
  </p>
`;
