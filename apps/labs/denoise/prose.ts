/** What the reader is asked, and the answers to unfold. */
import { html } from 'lit';
import type { Prose } from '../../shell/lab-module.ts';
import type { schema } from './schema.ts';

export const prose: Prose<typeof schema> = () => html`
  <h2>A denoiser and what it knows</h2>
  <p>
    Each pixel is darkened by a random factor and buried in noise: x̃ = x·uᵞ + σn. Pixel by pixel little can be done: the best answer of the
    form a·x̃ + b has an error of 0.80 on digits. Whatever gets far below must use the neighbourhood and what it has learned of the world.
  </p>
  <h3>Predict, run, explain</h3>
  <details>
    <summary>The network that has only seen digits is given clothes. What will it make of them?</summary>
    <p>
      The noise goes, but so do the clothes: flat areas break up and edges bend into strokes, some of them digit-like. The network has no
      way to say that it does not know; it answers with what it has seen.
    </p>
  </details>
  <details>
    <summary>Which is worse on digits: the network trained on digits only, or the one that saw digits first and clothes afterwards?</summary>
    <p>
      The second. Training on clothes overwrites what was learned of digits: catastrophic forgetting. The same images, shuffled, give a
      network that is good at both.
    </p>
  </details>
  <details>
    <summary>When would a denoiser in a laboratory or a hospital alter content?</summary>
    <p>
      Whenever something rare or new appears: an unusual cell, a lesion, an artefact that it was not trained on. A low error on the test set
      of its own domain says nothing about it. Compare the three rows of errors.
    </p>
  </details>
  <details>
    <summary>Cut a skip connection of the trained network. What do the skips carry?</summary>
    <p>
      The upper one carries position: without it the strokes are there but blurred. The lower one carries shape. Without both, all that is
      left has to pass through a 7×7 map.
    </p>
  </details>
`;
