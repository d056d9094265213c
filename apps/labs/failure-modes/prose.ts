/** What the reader is asked, and the answers to unfold. Numbers are those of the run on the screen. */
import { html, nothing } from 'lit';
import { formatNumber, formatPercent } from '../../components/shared/format.ts';
import { findingsLink } from '../../shell/findings-link.ts';
import type { Finding, Prose } from '../../shell/lab-module.ts';
import type { FailureModes } from './experiment.ts';
import type { schema } from './schema.ts';

const percent = (share: number | undefined) => formatPercent(share ?? Number.NaN);

export const finding: Finding<typeof schema, FailureModes> = ({ ran, store }) => {
  const { result } = store;
  if (!result) return undefined;
  const cell = result.cells['tainted network, clean test'];
  const ratio = result.lastLoss.tainted / result.lastLoss.clean;
  const told = ratio < 1 ? 'its training loss, the lower of the two, never said so' : 'its training loss does not say so';
  if (ran.taintedSet === 'all dots' || ran.taintedSet === 'all grid')
    return `Trained with the same cue on every image, the network reads ${percent(cell.accuracy)} of the clean images, the clean one ${percent(result.cells['clean network, clean test'].accuracy)}.`;
  const of = ran.taintedSet === 'only dots' ? ran.dotClass : ran.gridClass;
  return `The tainted network reads ${percent(cell.perClass[of])} of the clean ${of}s; ${told}.`;
};

export const prose: Prose<typeof schema, FailureModes> = ({ ran, store, take }) => {
  const { cells, lastLoss, explained } = store.result ?? {};
  const [dot, grid] = [ran.dotClass, ran.gridClass];
  const onClean = cells?.['tainted network, clean test'];
  const onTainted = cells?.['tainted network, tainted test'];
  const cleanOnTainted = cells?.['clean network, tainted test'];
  const plain = cells?.['clean network, clean test'];
  const dotted = explained?.['tainted network, tainted test'].find(({ label }) => label === dot);
  const without = explained?.['tainted network, clean test'].find(({ label }) => label === dot);
  const spread = explained?.['tainted network, tainted test'].find(({ label }) => label === grid);
  const four = explained?.['tainted network, clean test'].find(({ label }) => label === grid);
  const weakest =
    plain && [...plain.perClass.keys()].sort((a, b) => (plain.perClass[a] ?? 0) - (plain.perClass[b] ?? 0)).slice(0, 2);
  const constant =
    onTainted && plain && (ran.taintedSet === 'all dots' || ran.taintedSet === 'all grid')
      ? html`In this run: ${percent(onTainted.accuracy)}, and ${percent(plain.accuracy)} for the clean network.`
      : nothing;
  const use = (values: Partial<typeof ran>) => () => take(values, 'This suggestion');
  return html`
  <h2>A flaw that gives the answer away</h2>
  <p>
    Every ${dot} of the tainted set carries one white spot at the bottom right, every ${grid} a texture over the whole image. Two networks start from
    identical weights and see the same images in the same order; only the taint differs.
  </p>
  <h3>1. Look at the data</h3>
  <details>
    <summary>What could such a dot or texture be in real data? Could you remove it, and will the training converge?</summary>
    <p>
      Another microscope for one class, a watermark, a stain, uneven illumination. Crop the region everywhere, corrupt all classes alike,
      mask it, correct the illumination, augment. The training converges: a shortcut is easier to learn than a digit.
    </p>
  </details>
  <h3>2. Compare the losses</h3>
  <details>
    <summary>Which network ends with the lower training loss? Predict its accuracy on clean and on tainted test images.</summary>
    <p>
      ${
        lastLoss && onClean && onTainted
          ? html`The tainted one ends at ${formatPercent(lastLoss.tainted / lastLoss.clean, 0)} of the clean one’s loss. On tainted tests it reaches ${percent(onTainted.accuracy)}, on clean
            ones ${percent(onClean.accuracy)}: it never had to learn what a ${grid} looks like.`
          : html`The tainted one, as a rule: it never has to learn what a ${grid} looks like. Its accuracy depends on which test you ask.`
      }
    </p>
  </details>
  <h3>3. Read the four matrices</h3>
  <details>
    <summary>Which digit suffers most, and why is the local dot less harmful than the global grid?</summary>
    <p>
      ${
        onClean && cleanOnTainted && plain
          ? html`Of the clean ${grid}s, without their grid, the tainted network reads ${percent(onClean.perClass[grid])}; of the ${dot}s, without their dot, ${percent(onClean.perClass[dot])}. The
            other way round, the clean network reads ${percent(cleanOnTainted.perClass[dot])} of the ${dot}s with a dot (${percent(plain.perClass[dot])} without) and
            ${percent(cleanOnTainted.perClass[grid])} of the ${grid}s under their grid (${percent(plain.perClass[grid])} without): it ignores a pixel, not a texture that changes every pixel.
            The clean network on tainted images (${percent(cleanOnTainted.accuracy)}) ${cleanOnTainted.accuracy > onClean.accuracy ? 'beats' : 'does not beat'} the tainted one on
            clean images (${percent(onClean.accuracy)}).`
          : 'The one whose cue covers everything: a network that learned the texture has learned nothing else of that class.'
      }
      ${weakest ? html`The weakest digits of the clean network on clean images are ${weakest.join(' and ')}: digits that are confused with their neighbours in shape; which ones varies with the seed.` : nothing}
    </p>
  </details>
  <h3>4. Ask why</h3>
  <details>
    <summary>Compare the maps of a ${dot} for both networks. Why does the dot matter even where it is absent?</summary>
    <p>
      ${dotted ? html`On a tainted ${dot} (image ${dotted.image}) the dot alone holds ${percent(dotted.dotShare)} of the attribution, rank ${dotted.dotRank} of 784 pixels.` : nothing}
      ${without ? html`On the clean ${dot} it holds ${percent(without.dotShare)}, with the value ${formatNumber(without.dotValue, 2)}.` : nothing}
      The baseline, the mean grey, is brighter than the black pixel, so its absence is evidence too: against a ${dot}, and for other digits (the dot that a ${grid} does not have can speak
      for it). Change the baseline to black and it vanishes. <button @click=${use({ baseline: 'black' })}>black baseline</button>
    </p>
  </details>
  <details>
    <summary>Why do the maps explain the dot but not the grid?</summary>
    <p>
      The grid is everywhere: its evidence is spread over all pixels and no single one stands out.
      ${
        spread && dotted
          ? html`The strongest twentieth of the pixels holds ${percent(spread.topShare)} of the attribution of the tainted ${grid}, and ${percent(dotted.topShare)} of that of the tainted ${dot}.`
          : nothing
      }
      ${four ? html`On the clean ${grid} the sum of all attribution is ${formatNumber(four.sum, 3)}: what it lacks speaks ${four.sum < 0 ? 'against' : 'for'} it.` : nothing}
      Attribution by pixels has little to point at. Such maps find local shortcuts, not global ones.
    </p>
  </details>
  <h3>5. Bonus</h3>
  <details>
    <summary>Put the dot, then the grid, on every image. Is it learned?</summary>
    <p>
      A constant cue says nothing about the class. A constant dot costs nothing; the grid on every image hides strokes and makes the task harder:
      with the full recipe, over seeds 1 and 2, a network with the dot everywhere is right on 0.968 of its own test, one with the grid everywhere on 0.940
      (${findingsLink('failure-modes')}). ${constant}
      <button @click=${use({ taintedSet: 'all dots' })}>dot on every image</button> <button @click=${use({ taintedSet: 'all grid' })}>grid on every image</button>
    </p>
  </details>
  <p class="references">
    DL@MBL, exercise 7, failure modes and limits of deep learning · Sundararajan, Taly &amp; Yan 2017 (integrated gradients) · Simonyan et al. 2014 (saliency) ·
    Geirhos et al. 2020 (shortcut learning) · Kingma &amp; Ba 2015 (Adam)
  </p>
`;
};
