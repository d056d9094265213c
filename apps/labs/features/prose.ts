/** What the reader is asked, and what the run found. */
import { html } from 'lit';
import { formatNumber } from '../../components/shared/format.ts';
import type { Finding, Prose } from '../../shell/lab-module.ts';
import type { Features } from './experiment.ts';
import type { schema } from './schema.ts';
import type { BlocksResult } from './take-apart.ts';
import { wayLabel } from './ways.ts';

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
  return html`Moved a little, free pixels keep ${formatNumber(free.transformed, 2)} of ${formatNumber(free.still, 3)}; ${wayLabel('as set', ran)}
    keep ${transformed} of ${still}.`;
};

function evidence({ photograph, layer, verdicts, strongest }: BlocksResult) {
  const [first, second] = verdicts;
  if (!strongest || !first || !second) return undefined;
  const { channel, net } = strongest;
  return html`In the photograph “${photograph}” channel ${channel} of layer ${layer} tells the two most likely classes apart most: its net evidence
    for ${net > 0 ? first.name : second.name} against ${net > 0 ? second.name : first.name} is ${formatNumber(Math.abs(net), 3)}, where the two logits
    differ by ${formatNumber(first.logit - second.logit, 3)}.`;
}

export const prose: Prose<typeof schema, Features> = ({ take }) => html`
  <h2>What does a part of a network look for?</h2>
  <p>
    Begin with grey noise, and let gradient ascent change the image so that one channel answers more and more strongly. What comes out ought
    to be what the channel looks for. Often it is noise that no photograph contains, and that says as much about the ascent as about the channel.
  </p>
  <h3>Predict, run, explain</h3>
  <details>
    <summary>Free pixels reach a high objective. Why is the picture noise?</summary>
    <p>
      Strides and pooling let the highest frequencies through with large gradients, and nothing tells the ascent that photographs have
      little of them. Such an image works at one exact position only: move it by a pixel and the channel may not know it any more. It is kin
      to adversarial noise.
    </p>
  </details>
  <details>
    <summary>Penalties forbid noise, transformations make it useless, the Fourier basis makes it slow. Which of them keeps edges?</summary>
    <p>
      A penalty on differences cannot tell an edge from noise and softens both. Under random transformations only what survives a shift
      can be climbed: edges do. In the Fourier basis nothing is forbidden either, but a step moves large waves as easily as small ones, so
      structure is there before noise has grown.
    </p>
  </details>
  <details>
    <summary>Turn a weight to −1, or subtract a second channel. What is the opposite of a feature?</summary>
    <p>
      Behind a ReLU nothing is below zero, and the negative of a channel is whatever keeps it silent, often a flat area. Tiny Darknet’s leaky ReLUs
      let a tenth of what is negative through: there is something to climb. A difference shows what tells two channels apart, and not what they
      share.
      <button @click=${() => take({ terms: [{ kind: 'channel', layer: '31', unit: 27, weight: -1 }] }, 'This suggestion')}>Take the negative</button>
    </p>
  </details>
  <details>
    <summary>Climb a logit instead of a channel. Would the image pass for one of the class?</summary>
    <p>
      It holds parts, many times over and in no arrangement: a network that averages over positions need not care where things are.
      <button @click=${() => take({ terms: [{ kind: 'logit', layer: '', unit: 79, weight: 1 }], size: 128, steps: 512 }, 'This suggestion')}>Climb “zebra”</button>
    </p>
  </details>
  <details>
    <summary>Is what one channel looks for one thing?</summary>
    <p>
      One optimisation shows one way to please it. Climb several at once with a term that makes them differ.
      <button @click=${() =>
        take(
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
