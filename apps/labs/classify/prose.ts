/** What the reader is asked, and the answers to unfold. */
import { html, nothing } from 'lit';
import { formatCount, formatNumber, formatPercent } from '../../components/shared/format.ts';
import type { RunStore } from '../../runtime/store.ts';
import { findingsLink } from '../../shell/findings-link.ts';
import type { Finding, LabPage, Prose } from '../../shell/lab-module.ts';
import type { Classification } from './experiment.ts';
import type { Config } from './networks.ts';
import { definition, type schema } from './schema.ts';

type Page = LabPage<typeof schema, Classification>;

/** What the losses of the run on the screen did. */
function broken(store: RunStore<Classification>) {
  const loss = store.series().find(({ name }) => name === 'training');
  const most = loss ? loss.y.reduce((a, b) => Math.max(a, b), 0) : 0;
  return most > 100 ? html`In this run the largest loss of a batch was ${formatNumber(most, 2)}.` : nothing;
}

/** How low the loss of the run on the screen came, where it has the second softmax. */
function floored({ ran, store }: Page) {
  const { result } = store;
  if (!result || !ran.softmaxFirst) return nothing;
  return html`In this run the smallest loss of a batch is ${formatNumber(result.smallestBatchLoss)}, the test accuracy ${formatPercent(result.test.accuracy)}.`;
}

/** The gradients of the run on the screen, from the first layer to the last. */
function slopes({ store }: Page) {
  const norms = store.data.get('gradients')?.norms;
  const [first, last] = [norms?.[0], norms?.at(-1)];
  if (first === undefined || last === undefined) return nothing;
  return html`In this run the norm at the first layer is ${formatNumber(first, 2)}, at the last ${formatNumber(last, 2)}.`;
}

/** Which classes the run on the screen confuses most, both ways together. */
function confused({ store }: Page) {
  const report = store.data.get('evaluation');
  if (!report) return nothing;
  const { matrix, classNames, set } = report;
  const pairs = classNames.flatMap((_, a) =>
    classNames.slice(0, a).map((_, b) => ({
      a,
      b,
      count: (matrix.counts[a * matrix.classes + b] ?? 0) + (matrix.counts[b * matrix.classes + a] ?? 0),
    })),
  );
  const most = pairs.filter(({ count }) => count > 0).sort((x, y) => y.count - x.count);
  if (most.length === 0) return nothing;
  const named = most.slice(0, 3).map(({ a, b, count }) => `${classNames[b]} and ${classNames[a]} (${formatCount(count)} times)`);
  return html`Most often in this run, on the ${set} images: ${named.join(', ')}.`;
}

export const finding: Finding<typeof schema, Classification> = ({ store }) => {
  const { result } = store;
  if (!result) return undefined;
  const { test, epochs, parameters, images } = result;
  const last = epochs.at(-1);
  const chance = 1 / Math.max(1, test.perClass.length);
  if (test.accuracy < 1.5 * chance)
    return `After training, the network reads ${formatPercent(test.accuracy)} of the test images: no better than guessing (${formatPercent(chance, 0)}).`;
  const gap =
    last && last.validationLoss !== null
      ? `; the training loss of the last epoch is ${formatNumber(last.trainLoss, 3)}, the validation loss ${formatNumber(last.validationLoss, 3)}`
      : '';
  return `With ${formatCount(parameters)} parameters and ${formatCount(images.train)} images, the network reads ${formatPercent(test.accuracy)} of ${formatCount(images.test)} test images it has never seen${gap}.`;
};

export const prose: Prose<typeof schema, Classification> = (lab) => {
  const use = (values: Partial<Config>) => lab.take(values, 'This suggestion');
  return html`
  <h2>From pictures to probabilities</h2>
  <p>
    The network turns the pixels of a picture into one number a class, its <em>logits</em>. A softmax makes probabilities of them, and the
    cross-entropy −log p<sub>y</sub> says how surprised the network is by the true class y. Guessing among ten classes costs
    ln 10 = 2.303. Each step takes a batch of <span class="data">training images</span>, computes the gradient of the mean loss with
    respect to every weight, and moves the <span class="model">weights</span> against it.
  </p>
  <p>
    The <em>validation</em> images are never trained on: their curve says what the network has learned rather than memorised. The
    <em>test</em> images are looked at once, at the end. Choosing settings by the test set would make its number a lie.
  </p>

  <section class="ask">
    <h3>Predict, run, explain</h3>
    <p>Put a softmax before the cross-entropy, which already contains one. The network still learns. What happens to the loss?
      <button @click=${() => use({ softmaxFirst: true, epochs: 4 })}>set it</button>
      <button @click=${() => use({ ...definition.presets['double softmax']?.values, filters: 16 })}>the source’s recipe, half its filters</button></p>
    <details><summary>Answer</summary><p>
      The second softmax sees numbers between 0 and 1, so the largest probability it can give the true class is e/(e + 9) = 0.232: the loss
      cannot fall below log(1 + 9/e) = 1.461. Near that floor the gradient p⊙(d − ⟨d, p⟩) is small wherever p is already sure, right or wrong, so
      learning is slow. With the source’s recipe and half its filters, four epochs reach 0.929 where logits reach 0.960 after three (${findingsLink('classify')}).
      ${floored(lab)}
    </p></details>
  </section>

  <section class="ask">
    <h3>Why skips help</h3>
    <p>Choose the preset <em>deep without skips</em>, run it, then switch the skip connections on and run again. Which layers get a gradient?
      <button @click=${() => use({ network: 'skip-mlp', depth: 20, units: 32, skips: false, dropout: 'off' })}>deep, no skips</button>
      <button @click=${() => use({ network: 'skip-mlp', depth: 20, units: 32, skips: true, dropout: 'off' })}>deep, with skips</button></p>
    <details><summary>Answer</summary><p>
      Backwards through L layers the gradient is multiplied by L matrices; with PyTorch’s initial weights each shrinks it, and the first layers of twenty blocks
      hardly move: after ten steps the norm of the first one’s gradient is 4.8·10⁻¹⁷, with skips 0.86 (${findingsLink('classify')}). ${slopes(lab)} A block y = x + f(x) passes the gradient on unchanged beside what goes through f, so its norm stays of one size over the depth.
    </p></details>
  </section>

  <section class="ask">
    <h3>Over-fitting</h3>
    <p>The preset <em>over-fitting</em> has 300 training images and a hundred epochs. When would you stop?</p>
    <details><summary>Answer</summary><p>
      The training loss goes to zero; the validation loss has its lowest point early (marked in the chart) and rises from there, although the
      validation accuracy hardly falls: the network gets more and more sure, also where it is wrong. Stop at the mark, add images, or use dropout or
      weight decay.
    </p></details>
  </section>

  <section class="ask">
    <h3>Convolution against fully connected</h3>
    <p>On CIFAR-10, compare the residual MLP with the CNN.
      <button @click=${() => use({ dataset: 'cifar-10', network: 'skip-mlp', units: 64 })}>residual MLP</button>
      <button @click=${() => use({ dataset: 'cifar-10', network: 'cnn', filters: 32 })}>CNN</button></p>
    <details><summary>Answer</summary><p>
      A fully connected layer must learn an edge again at every position; a convolution learns it once. The residual MLP stalls near one half while its
      training loss falls on; the CNN ends far above it (0.761 in LAB01 after 75 epochs). ${findingsLink('classify', 'The numbers of this engine')}, on fewer images: 0.426 and 0.550.
    </p></details>
  </section>

  <section class="ask">
    <h3>Read the confusion matrix</h3>
    <p>Which digits are confused, and would you have read them? Choose a cell to see the pictures, then a picture to follow it through the layers.</p>
    <details><summary>Answer</summary><p>
      Mostly pairs that share strokes. ${confused(lab)} Many of the mistakes of a good network are hard for people too. Draw such a digit on
      the pad and change one stroke at a time. To compare two runs, choose the name of an earlier one in the table of runs: the matrix can then show the difference.
    </p></details>
  </section>

  <section class="ask">
    <h3>Search systematically</h3>
    <p>Vary batch size, learning rate, momentum, filters, kernel size: one factor at a time, then with a search. Which matters most?
      <button @click=${() => use({ search: 'grid', space: { rate: [1e-4, 1e-3, 1e-2] }, epochs: 1 })}>grid over η</button>
      <button @click=${() => use({ search: 'one at a time', space: { rate: [1e-4, 1e-2], batch: [16, 256], filters: [4, 32] }, epochs: 1 })}>one factor at a time</button>
      <button @click=${() => use({ search: 'random', trials: 6, space: { rate: [1e-5, 1], batch: [16, 256] }, epochs: 1 })}>random over η and B</button></p>
    <details><summary>Answer</summary><p>
      The learning rate, over orders of magnitude: so it is searched on a logarithmic scale. With several parameters of which few matter, random points try
      more different values of each than a grid of the same size (Bergstra &amp; Bengio 2012).
    </p></details>
  </section>

  <section class="ask">
    <h3>Break it</h3>
    <p>Set the learning rate of plain gradient descent to 10. <button @click=${() => use({ rate: 10, optimiser: 'sgd', momentum: 0.9 })}>η = 10</button></p>
    <details><summary>Answer</summary><p>
      The weights jump across the valley further each time. Either a value is no longer finite, then the run stops and names the layer in which it happened; or every ReLU
      dies, the gradients become zero, and the run goes on with a loss that no step changes any more. ${broken(lab.store)}
    </p></details>
  </section>

  <p class="references">
    Convolution on MNIST and the double softmax: ITU, Advanced Machine Learning, exercise of week 5. MLP, residual MLP and CNN: Deep Learning
    Applications, LAB01. He et al. 2016 (residual networks); Ioffe &amp; Szegedy 2015 (batch normalisation); Srivastava et al. 2014 (dropout);
    Kingma &amp; Ba 2015 (Adam); Loshchilov &amp; Hutter 2019 (AdamW); Bergstra &amp; Bengio 2012 (random search); LeCun et al. 1998 (MNIST).
  </p>
`;
};
