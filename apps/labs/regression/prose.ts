/** What the reader is asked, and the answers to unfold. */
import { html } from 'lit';
import type { Prose } from '../../shell/lab-module.ts';
import type { schema } from './schema.ts';

export const prose: Prose<typeof schema> = () => html`
  <h2>Eleven points, ten hidden units</h2>
  <p>
    The <span class="data">points</span> come from a noisy curve. The network <span class="model">y(x) = Σ w²<sub>j</sub> h(w¹<sub>j</sub>x + b¹<sub>j</sub>) + b²</span>
    has 31 parameters: enough to pass through every point, noise included. All four settings start from the same weights and see the
    same data; they differ only in what holds them back.
  </p>
  <h3>Predict, run, explain</h3>
  <details>
    <summary>Before you press play: which of the four curves will be the smoothest, and which will have the smallest training error?</summary>
    <p>
      Without regularisation the network interpolates: its training error falls below 0.0001 and the curve swings between the points
      (roughness R around 65). Weight decay gives the smoothest curve (R ≈ 11.6 at λ = 0.001) at a training error of 0.049. Dropout lies
      between. Early stopping with a fast optimiser changes the curve least.
    </p>
  </details>
  <details>
    <summary>Why does early stopping smooth so little here? Change the optimiser to gradient descent and look again.</summary>
    <p>
      Adam rescales every direction, so the wiggly directions are learned as quickly as the smooth ones, and the best validation loss
      comes when the curve is already rough. Plain gradient descent learns the smooth directions first; stopping it early keeps them.
    </p>
  </details>
  <details>
    <summary>Why do only the weights decay, and not the biases? And what does λ buy: compare 0.001 with 0.01.</summary>
    <p>
      The slope of the curve is made of products w¹w²; the biases only shift it. At λ = 0.01 the training error rises to 0.105 and R falls
      to 5.4. A straight line has 0.272, the mean of the data 0.481.
    </p>
  </details>
  <details>
    <summary>The shaded band is the network with dropout left on. Where is it wide, and what does that say?</summary>
    <p>
      Each pass uses another random half of the hidden units. Where the points pin the curve down, the halves agree; between and beyond
      the points they do not. It is a cheap picture of what the data leave open, not a calibrated error bar.
    </p>
  </details>
  <details>
    <summary>Drag one point far away. Which setting follows it, and which ignores it?</summary>
    <p>The unregularised curve goes wherever a point goes. With decay, one point must pay for the weights that reach it.</p>
  </details>
`;
