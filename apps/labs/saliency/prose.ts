/** What the reader is asked, and what the run found. */
import { html, nothing } from 'lit';
import { formatPercent } from '../../components/shared/format.ts';
import type { Finding, Prose } from '../../shell/lab-module.ts';
import type { Background, Explaining } from './experiment.ts';
import type { schema } from './schema.ts';

const percent = (share: number): string => formatPercent(share, 0);

/** What the scenes say, where both networks were trained. */
function wrongReason({ area, networks }: Background) {
  const { with: own, without } = networks;
  if (!own || !without) return undefined;
  return html`The network that always saw balloons in the sky gets ${percent(own.accuracy)} of new ones right, and ${percent(own.share)} of its
    class activation map lies on the background, which is ${percent(area)} of the picture; trained where the background says nothing,
    ${percent(without.share)}. Another background changes ${percent(own.flips)} of its answers, and
    ${percent(without.flips)} of the other’s.`;
}

export const finding: Finding<typeof schema, Explaining> = ({ store }) => {
  const background = store.data.get('background');
  const wrong = background && wrongReason(background);
  if (wrong) return wrong;
  const { result } = store;
  if (!result || result.methods.length === 0) return undefined;
  const [first, ...rest] = result.methods.toSorted((a, b) => b.similarity - a.similarity);
  const last = rest.at(-1);
  if (!first || !last) return undefined;
  return html`${result.accuracy === null ? nothing : html`The network gets ${percent(result.accuracy)} of the labelled pictures right. `}With its
    top randomised, the map of ${first.method} stays most like itself (ρ = ${first.similarity.toFixed(2)}), that of ${last.method} least
    (${last.similarity.toFixed(2).replace('-', '−')}).`;
};

export const prose: Prose<typeof schema, Explaining> = ({ store, take }) => {
  const identity = store.data.get('identity');
  const methods = store.result?.methods ?? [];
  const of = (name: string) => methods.find(({ method }) => method === name);
  const guided = of('guided back-propagation');
  const cam = of('CAM');
  const background = store.data.get('background');
  return html`<h2>Where does it look?</h2>
    <p>A network that is right may be right for a wrong reason. Eleven methods ask where in a picture the evidence for a class lies; beside each
      stands its control, the same method on the same network with random weights at its top.</p>
    <h3>1. Predict</h3>
    <details>
      <summary>Every balloon of the training set is in the sky, every house on a meadow. Where will the map of a balloon be bright?</summary>
      <p>Nothing asks the network for the balloon. ${
        background?.networks.with
          ? html`In this run ${percent(background.networks.with.share)} of the map’s mass is on the background.`
          : nothing
      } <button @click=${() => take({ correlation: 0.5 }, 'This suggestion')}>Let the background say nothing</button></p>
    </details>
    <h3>2. Build the counterexample</h3>
    <details>
      <summary>Choose a picture, keep the object and paint the other background around it. Which logit moves?</summary>
      <p>The object is marked already: choose <em>meadow</em> for a balloon and <em>paint all around the object</em>. With the brush you find how little
        of it is enough. In the source’s network the same happens with parachutes: its maps cover the sky, and churches under a grey
        sky are called parachutes. Tiny Darknet’s map of a photographed parachute (one that does not come with the site) is brightest at the jumper and the
        horizon: with the jumper painted over, a hundredth of the picture, the logit falls from 11.1 to 9.4, with the whole canopy painted over to 9.7
        (the command in this lab’s README shows it).</p>
    </details>
    <h3>3. Why a class activation map is exact</h3>
    <details>
      <summary>What is the mean of the map?</summary>
      <p>Where a global average is all that follows, the mean of the map (before ReLU) is the logit: averaging and weighting may change places.
        ${
          identity
            ? html`Here, for the first picture, ${identity.mean.toFixed(5)} and ${identity.logit.toFixed(5)}; over ${identity.compared} maps they differ by
              ${identity.error.toExponential(1)} at most.`
            : html`This network has another head, so CAM is not defined; Grad-CAM is.`
        }</p>
    </details>
    <details>
      <summary>At the class maps CAM, Grad-CAM and XGrad-CAM look the same. Choose an earlier layer: do they still?</summary>
      <p>There each channel has one weight, and all of them agree on it up to a factor. Before the last convolution a channel’s
        gradient differs from place to place; Grad-CAM takes its mean, XGrad-CAM weighs it by where the channel is active.</p>
    </details>
    <h3>4. Which map is to be believed?</h3>
    <details>
      <summary>Compare each map with its control. Which one hardly changes, and what does that mean?</summary>
      <p>${
        guided && cam
          ? html`In this run guided back-propagation keeps ρ = ${guided.similarity.toFixed(2)}, CAM ${cam.similarity.toFixed(2).replace('-', '−')}. `
          : nothing
      }A map that stays as it was says something of the picture, not of what the top of the network has learned (Adebayo et al. 2018). A sharp
        map is not a faithful one.</p>
    </details>
    <details>
      <summary>What does ReLU hide? Switch it off.</summary>
      <p>Everything that speaks against the class. With two classes that is half of the story: what speaks against a balloon speaks for a house.</p>
    </details>`;
};
