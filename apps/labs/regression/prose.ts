/** What the reader is asked, and the answers to unfold. Numbers are those of the run on the screen. */
import { html, nothing } from 'lit';
import { formatNumber, formatPercent } from '../../components/shared/format.ts';
import type { Finding, Prose } from '../../shell/lab-module.ts';
import type { Regression, RegressionResult } from './experiment.ts';
import { polynomialFit } from './polynomial.ts';
import { type schema, settings } from './schema.ts';

const number = (value: number) => formatNumber(value, 3);

export const finding: Finding<typeof schema, Regression> = ({ ran, store }) => {
  const { none, 'weight decay': decay } = store.result ?? {};
  if (!none) return undefined;
  const alone = `Left alone, the network ends at a training error of ${number(none.trainMSE)} with a curve of roughness R = ${number(none.roughness)}`;
  if (!decay) return `${alone}.`;
  return `${alone}; with weight decay (λ = ${formatNumber(ran.decay)}) it ends at ${number(decay.trainMSE)} with R = ${number(decay.roughness)}.`;
};

/** The settings of a run, from smooth to rough. */
function ordered(result: RegressionResult | undefined) {
  const found = settings.flatMap((setting) => (result?.[setting] ? [{ setting, ...result[setting] }] : []));
  if (found.length < 2) return nothing;
  const text = found
    .sort((a, b) => a.roughness - b.roughness)
    .map(({ setting, roughness, trainMSE }) => `${setting} (R = ${number(roughness)}, training error ${number(trainMSE)})`);
  return html`In this run, from smooth to rough: ${text.join('; ')}.`;
}

export const prose: Prose<typeof schema, Regression> = ({ ran, store, take }) => {
  const parameters = 3 * ran.units + 1;
  const line = polynomialFit(ran.points, 1).trainMSE;
  const constant = polynomialFit(ran.points, 0).trainMSE;
  const use = (values: Partial<typeof ran>) => () => take(values, 'This suggestion');
  return html`
  <h2>${ran.points.length} points, ${ran.units} hidden units</h2>
  <p>
    The <span class="data">points</span> come from a noisy curve. The network <span class="model">y(x) = Σ w²<sub>j</sub> φ(w¹<sub>j</sub>x + b¹<sub>j</sub>) + b²</span>
    has ${parameters} parameters${parameters >= ran.points.length ? ': enough to pass through every point, noise included' : ''}. All four settings start from the same weights and see the
    same data; they differ only in what holds them back.
  </p>
  <h3>Predict, run, explain</h3>
  <details>
    <summary>Before you press Run: which of the four curves will be the smoothest, and which will have the smallest training error?</summary>
    <p>
      What pays nothing for a bend makes many: without regularisation the training error goes towards zero while the curve swings between the
      points. Weight decay puts a price on every bend; dropout on relying on one unit alone. Early stopping with a fast optimiser changes the curve least. ${ordered(store.result)}
    </p>
  </details>
  <details>
    <summary>Why does early stopping smooth so little here? Change the optimiser to gradient descent and look again.</summary>
    <p>
      Adam rescales every direction, so the wiggly directions are learned as quickly as the smooth ones, and the best validation loss
      comes when the curve is already rough. Plain gradient descent learns the smooth directions first; stopping it early keeps them.
      <button @click=${use({ optimiser: 'sgd', rate: 0.05 })}>gradient descent, η = 0.05</button>
    </p>
  </details>
  <details>
    <summary>Why do only the weights decay, and not the biases? And what does λ buy: compare 0.001 with 0.01.</summary>
    <p>
      The slope of the curve is made of products w¹w²; the biases only shift it. A larger λ buys smoothness with training error, and ends at
      a straight line (${number(line)} on these points) or even the mean of the data (${number(constant)}).
      <button @click=${use({ decay: 1e-2 })}>λ = 0.01</button>
    </p>
  </details>
  <details>
    <summary>The shaded band is the network with dropout left on. Where is it wide, and what does that say?</summary>
    <p>
      Each pass switches off a different random ${formatPercent(ran.p, 0)} of the hidden units. Where the points pin the curve down, the passes agree; between and beyond
      the points they do not. It is a cheap picture of what the data leave open (Gal &amp; Ghahramani 2016), not a calibrated error bar.
    </p>
  </details>
  <details>
    <summary>Drag one point far away. Which setting follows it, and which ignores it?</summary>
    <p>The unregularised curve goes wherever a point goes. With decay, one point must pay for the weights that reach it.</p>
  </details>
  <p class="references">
    ITU, Advanced Machine Learning, exercise of week 5, task 1. Krogh &amp; Hertz 1991 and Loshchilov &amp; Hutter 2019 (weight decay) · Srivastava et al. 2014 (dropout) ·
    Gal &amp; Ghahramani 2016 (dropout left on) · Prechelt 1998 (early stopping) · Kingma &amp; Ba 2015 (Adam)
  </p>
`;
};
