/** What the reader is asked, and the answers to unfold. */
import { html } from 'lit';
import type { Prose } from '../../shell/lab-module.ts';
import type { schema } from './schema.ts';

export const prose: Prose<typeof schema> = () => html`
  <h2>A flaw that gives the answer away</h2>
  <p>
    Every 7 of the tainted set carries one white pixel at the bottom right, every 4 a texture over the whole image. Two networks start from
    identical weights and see the same images in the same order; only the taint differs.
  </p>
  <h3>1. Look at the data</h3>
  <details>
    <summary>What could such a dot or texture be in real data? Could you remove it, and will the training converge?</summary>
    <p>
      Another microscope for one class, a watermark, a stain, uneven illumination. Crop the region everywhere, corrupt all classes alike,
      mask it, correct the illumination, augment. The training converges, even faster: the shortcut is easier than the digit.
    </p>
  </details>
  <h3>2. Compare the losses</h3>
  <details>
    <summary>Which network ends with the lower training loss? Predict its accuracy on clean and on tainted test images.</summary>
    <p>
      The tainted one, at about 70 % of the clean one's loss. On tainted tests it reaches 98 %, on clean ones about 78 to 82 %: it never had to
      learn what a 4 looks like.
    </p>
  </details>
  <h3>3. Read the four matrices</h3>
  <details>
    <summary>Which digit suffers most, and why is the local dot less harmful than the global grid?</summary>
    <p>
      Without their grid the 4s are lost altogether (0 %), most of them called 9. Of the 7s some are still recognised by their stroke, how many
      depends on the seed. The other way round, the clean network ignores a single pixel but is confused by a texture that changes every pixel.
    </p>
  </details>
  <h3>4. Ask why</h3>
  <details>
    <summary>Compare the maps of a 7 for both networks. Why does the dot matter even where it is absent?</summary>
    <p>
      On a tainted 7 the dot alone holds about a fifth of the attribution. On a clean 7 the baseline, the mean grey, is brighter than the
      black pixel, so its absence is evidence against a 7 and its attribution is negative. Change the baseline to black and it vanishes.
    </p>
  </details>
  <details>
    <summary>Why do the maps explain the dot but not the grid?</summary>
    <p>
      The grid is everywhere: its evidence is spread over all pixels and no single one stands out. Attribution by pixels has nothing to
      point at. Such maps find local shortcuts, not global ones.
    </p>
  </details>
  <h3>5. Bonus</h3>
  <details>
    <summary>Put the dot, then the grid, on every image. Is it learned?</summary>
    <p>A constant cue says nothing about the class and is ignored. The grid on every image makes the task a little harder, no more.</p>
  </details>
`;
