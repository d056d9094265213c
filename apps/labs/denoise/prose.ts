/** What the reader is asked, and the answers to unfold. Numbers are those of the run on the screen. */
import { html, nothing } from 'lit';
import { formatNumber } from '../../components/shared/format.ts';
import type { Finding, Prose } from '../../shell/lab-module.ts';
import type { Denoising, TrainingResult } from './experiment.ts';
import type { schema } from './schema.ts';

const number = (value: number) => formatNumber(value, 3);
/** 0.344 ± 0.010 */
const measured = (mean: number, error: number) => `${mean.toFixed(3)} ± ${error.toFixed(3)}`;

/** Whether two errors differ by more than chance: twice the standard error of their difference. */
const differ = (a: number, b: number, errorA: number, errorB: number): boolean =>
  Math.abs(a - b) > 2 * Math.hypot(errorA, errorB);

/** Which of two networks is worse on digits, as far as the test images can tell. */
function onDigits(a: TrainingResult, b: TrainingResult, of: readonly [string, string]): string {
  const numbers = `(${measured(a.mnistMSE, a.mnistStandardError)} against ${measured(b.mnistMSE, b.mnistStandardError)})`;
  if (!differ(a.mnistMSE, b.mnistMSE, a.mnistStandardError, b.mnistStandardError))
    return `${of[0]} and ${of[1]} cannot be told apart on digits ${numbers}`;
  return `of ${of[0]} and ${of[1]}, ${a.mnistMSE > b.mnistMSE ? of[0] : of[1]} is the worse on digits ${numbers}`;
}

export const finding: Finding<typeof schema, Denoising> = ({ store }) => {
  const { MNIST: digits, 'both shuffled': mixed, 'both in sequence': sequence } = store.result?.trainings ?? {};
  if (digits && mixed) {
    const ratio = digits.fashionMSE / mixed.fashionMSE;
    return `On clothes, the network that has seen digits only makes ${number(ratio)} times the error of the one that has seen both: ${measured(digits.fashionMSE, digits.fashionStandardError)} against ${measured(mixed.fashionMSE, mixed.fashionStandardError)}.`;
  }
  const only = digits ?? mixed ?? sequence;
  return only && `This network makes an error of ${number(only.mnistMSE)} on digits and ${number(only.fashionMSE)} on clothes.`;
};

export const prose: Prose<typeof schema, Denoising> = ({ store }) => {
  const linear = store.data.get('baselines')?.mnist.linear;
  const { MNIST: digits, 'both shuffled': mixed, 'both in sequence': sequence } = store.result?.trainings ?? {};
  const forgotten =
    sequence && mixed
      ? html`In this run, ${onDigits(sequence, mixed, ['‘digits, then clothes’', '‘both, shuffled’'])}${
          digits ? html`; ${onDigits(sequence, digits, ['‘digits, then clothes’', '‘digits only’'])}` : nothing
        }. A small network trained for a short time has little to forget. What the full recipe shows has not been measured here.`
      : nothing;
  return html`
  <h2>A denoiser and what it knows</h2>
  <p>
    Each pixel is darkened by a random factor and buried in noise: x̃ = x·uᵞ + σn. Pixel by pixel little can be done: the best answer of the
    form a·x̃ + b ${linear === undefined ? 'stays far from the clean image' : html`has an error of ${number(linear)} on digits`}. Whatever gets far below must use the neighbourhood and what it has learned of the world.
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
      Training on clothes overwrites what was learned of digits; where that shows, it is called catastrophic forgetting. The same images, shuffled, let a
      network learn both. ${forgotten}
    </p>
  </details>
  <details>
    <summary>When would a denoiser in a laboratory or a hospital alter content?</summary>
    <p>
      Whenever something rare or new appears: an unusual cell, a lesion, an artefact that it was not trained on. A low error on the test set
      of its own domain says nothing about it. Compare the rows of errors.
    </p>
  </details>
  <details>
    <summary>Cut a skip connection of the trained network. What do the skips carry?</summary>
    <p>
      The upper one carries position: without it the strokes are there but blurred. The lower one carries shape. Without both, all that is
      left has to pass through a 7×7 map.
    </p>
  </details>
  <p class="references">
    DL@MBL, exercise 7, failure modes and limits of deep learning, part 5 · Ronneberger, Fischer &amp; Brox 2015 (U-Net) · Kingma &amp; Ba 2015 (Adam) ·
    McCloskey &amp; Cohen 1989 (catastrophic forgetting)
  </p>
`;
};
