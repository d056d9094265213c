/** What the reader is asked, and the answers to unfold. */
import { html, nothing } from 'lit';
import { formatCount, formatNumber, formatPercent } from '../../components/shared/format.ts';
import type { Finding, LabPage, Prose } from '../../shell/lab-module.ts';
import type { Mapping } from './experiment.ts';
import type { schema } from './schema.ts';

const ask = (question: string, answer: unknown) => html`<div class="ask">
  <h3>Predict, run, explain</h3>
  <p>${question}</p>
  <details><summary>Answer</summary>${answer}</details>
</div>`;

/** Rounded so that the last digit is the points'. */
const share = (value: number, points: number) => formatPercent(value, points < 1000 ? 0 : 1);

export const finding: Finding<typeof schema, Mapping> = ({ store }) => {
  const { result } = store;
  const [map, ...others] = result?.maps ?? [];
  if (!result || !map) return undefined;
  const { points } = result;
  const vote = (of: typeof map) =>
    `${share(of.agreement, points)} on the map, ${share(of.inputAgreement, points)} in the space itself`;
  if (others.length === 0)
    return `Ten neighbours vote for the right class of ${vote(map)} (${formatCount(points)} points, KL ${formatNumber(map.KL, 3)}).`;
  const spaces = new Set(result.maps.map(({ layer }) => layer));
  if (spaces.size > 1) {
    const named = [...spaces].flatMap((layer) => {
      const of = result.maps.find((one) => one.layer === layer);
      return of ? [`${layer}: ${vote(of)}`] : [];
    });
    return `Ten neighbours vote for the right class. ${named.join('; ')}.`;
  }
  const all = result.maps.map(({ agreement }) => agreement);
  return `On ${all.length} maps of the same points, ten neighbours vote for the right class of ${share(Math.min(...all), points)} to ${share(Math.max(...all), points)} (${share(result.inputAgreement, points)} in the input).`;
};

/** The classes whose points are most often among the nearest of each other's, in the space that is embedded. */
function mixedPairs({ data }: LabPage<typeof schema, Mapping>['store']) {
  const [near, points] = [data.get('neighbours'), data.get('labels')];
  if (!near || !points) return nothing;
  const { labels, classes } = points;
  const counts = new Map<string, number>();
  near.indices.forEach((neighbour, at) => {
    const [a, b] = [labels[Math.floor(at / near.k)] ?? 0, labels[neighbour] ?? 0];
    if (a !== b)
      counts.set([Math.min(a, b), Math.max(a, b)].join(), (counts.get([Math.min(a, b), Math.max(a, b)].join()) ?? 0) + 1);
  });
  const pairs = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const named = pairs.map(([pair]) =>
    pair
      .split(',')
      .map((label) => classes[Number(label)] ?? label)
      .join(' and '),
  );
  return named.length === 0
    ? nothing
    : html`Here the classes that are most often among each other’s ${near.k} nearest are ${named.join(', then ')}.`;
}

export const prose: Prose<typeof schema, Mapping> = ({ ran, store, take }) => {
  const points = store.data.get('labels')?.labels.length;
  const input = store.data.get('inputAgreement');
  const pixels = ran.layer === 'pixels' && ran.view === 'one' && points !== undefined && input !== undefined;
  const use = (values: Partial<typeof ran>) => () => take(values, 'This suggestion');
  return html`
  <h2>From 784 numbers to two</h2>
  <p>
    An image of 28 × 28 pixels is a point with 784 coordinates. t-SNE looks for places in the plane such that points that are neighbours
    there are neighbours here. It turns distances into affinities: around every point lies a Gaussian whose width is chosen so that about
    <em>perplexity</em> others count as neighbours. On the map the affinities have a heavier tail, which leaves room for what does not fit
    into two dimensions. Neighbours attract, all pairs repel, and the points move downhill on the divergence between the two.
  </p>
  <p>
    Controls marked <em>live</em> move the map on from where it stands, while it runs and after its end. The labels are used for the colours only. That the map separates classes says that pixels alone nearly do${
      pixels
        ? html`: ten neighbours among the pixels vote for the right class of ${share(input, points)} of these ${formatCount(points)} images`
        : nothing
    }.
  </p>

  <h2>What the map says, and what it makes up</h2>
  ${ask(
    'Before you press Run: which digits will end up as neighbours, or mixed?',
    html`<p>
      Those that share most of their strokes. ${mixedPairs(store)} The errors of a network trained on these images fall in the same places:
      the map of the pixels shows why some digits are hard, before any training.
    </p>`,
  )}
  ${ask(
    'Set “what is embedded” to the logits while the map moves, then to the softmax outputs. Why do the clusters part, and why do they become strings and knots?',
    html`<p>
      The map of the pixels shows the geometry of the input. The outputs are the space that the classifier has made, in which classes are
      already apart: training and prediction look different because they are different spaces. Softmax outputs are nearly corners of a
      simplex; most points of a class sit in the same corner, and what remains between the corners are the doubtful ones, on lines from one
      corner to another. Rings mark what the network gets wrong: look where they lie.
    </p>`,
  )}
  ${ask(
    'Choose the preset “training”: the hidden layer before training. Then raise the epoch while the map moves. What happens in which epoch?',
    html`<p>
      Random weights keep the geometry of the pixels: the first map looks like that of the pixels. One epoch moves the classes
      apart; later ones mostly tighten them and move single points over. A map of the training images instead of the test images would
      look even better, and mean less.
    </p>`,
  )}
  ${ask(
    'Choose the preset “pixels and outputs”: the same test images twice. Why do the two maps look so different?',
    html`<p>
      The left one shows the geometry of the input, where classes overlap that share strokes; the right one the space that the classifier has made. Point at a digit that is
      doubtful on one map: it is marked on the other.
    </p>`,
  )}
  ${ask(
    'Choose the preset “grid”: the same points, three perplexities, two seeds. Which features do all six maps have?',
    html`<p>
      Which points are together: yes. Where the clusters lie, how far apart, and how large they are: no. A small perplexity splits classes
      into crumbs that are not in the data; a large one merges what is distinct. One map is an anecdote.
    </p>`,
  )}
  <h3>How to read such maps</h3>
  <ul>
    <li>The <strong>size</strong> of a cluster means nothing: widths adapt to the density, so dense clusters are blown up and sparse ones shrunk.</li>
    <li><strong>Distances between clusters</strong> may mean nothing: with random starts they differ from seed to seed.</li>
    <li><strong>Noise looks clustered</strong> at small perplexities.</li>
    <li>Numbers help: the vote of 10 neighbours on the map against that in the input, and the trustworthiness, which counts false neighbours.</li>
    <li>Look at several perplexities and seeds before you believe a shape.</li>
  </ul>

  <h2>How it gets there</h2>
  ${ask(
    'Set the schedule to “my own” and early exaggeration to 1. What goes wrong?',
    html`<p>
      Without exaggeration, clusters form wherever their first members happen to be. Other clusters stand in the way of the rest, which
      repulsion keeps from passing, so classes end in several pieces, at a higher divergence.
    </p>`,
  )}
  ${ask(
    'Raise the learning rate while the map moves, to 1000 and more. Lower it to 5. What do you see?',
    html`<p>
      Too large: single points are thrown out and the divergence jumps. Too small: the map stays a ball for hundreds of iterations. The
      layout is kept while you change it; turn it back and the map recovers.
    </p>`,
  )}
  ${ask(
    'Compare the schedules: the paper of 2008 and scikit-learn. Which divergence is lower, and may you compare them?',
    html`<p>
      The 2008 schedule ends lower as a rule, but it first projects the images onto 30 principal components. That
      is another space with other affinities: the two divergences measure different things. The votes of neighbours can be compared; if they do not
      fall, leaving out the small components, mostly noise, did no harm.
      <button @click=${use({ schedule: 'paper' })}>2008 paper</button> <button @click=${use({ schedule: 'scikit-learn' })}>scikit-learn</button>
    </p>`,
  )}
  <p class="references">
    ITU, Advanced Machine Learning, exercise of week 5 · van der Maaten &amp; Hinton 2008, <a href="https://www.jmlr.org/papers/v9/vandermaaten08a.html">Visualizing data using t-SNE</a> ·
    Wattenberg, Viégas &amp; Johnson 2016, <a href="https://distill.pub/2016/misread-tsne/">How to use t-SNE effectively</a> ·
    Venna &amp; Kaski 2001 (trustworthiness) · Jacobs 1988 (gains)
  </p>
`;
};
