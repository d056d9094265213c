/** What the reader is asked, and what the run found. */
import { html, nothing } from 'lit';
import { formatNumber, formatPercent } from '../../components/shared/format.ts';
import type { Finding, LabPage, Prose } from '../../shell/lab-module.ts';
import type { SizeResult } from './curves.ts';
import type { Adversarial, AdversarialResult } from './experiment.ts';
import type { schema } from './schema.ts';

type Page = LabPage<typeof schema, Adversarial>;

/** Grey levels of 255 that ε stands for. */
const levels = (epsilon: number) => formatNumber(255 * epsilon, 3);

/** The size of the curves that is nearest to ε, 0 left out. */
function nearest(curve: readonly SizeResult[], epsilon: number): SizeResult | undefined {
  const changed = curve.filter((point) => point.epsilon > 0);
  return changed.toSorted((a, b) => Math.abs(a.epsilon - epsilon) - Math.abs(b.epsilon - epsilon))[0];
}

const article = (name: string) => html`${/^[AEIOUaeiou8]/.test(name) ? 'an' : 'a'} <strong>${name}</strong>`;

export const finding: Finding<typeof schema, Adversarial> = ({ store }) => {
  const { result } = store;
  if (!result) return undefined;
  const { outcome, curves } = result;
  const name = (k: number) => store.data.get('classes')?.[k] ?? String(k);
  const { before, after, noise, largest, label } = outcome;
  const pixels = html`at most ${levels(largest)} of 255 grey levels in each pixel`;
  const one =
    after.predicted !== before.predicted
      ? html`A change of ${pixels} turns ${article(name(before.predicted))} into ${article(name(after.predicted))}, with a probability of ${formatPercent(after.confidence)};
          the same size in random signs leaves ${article(name(noise.predicted))}.`
      : html`A change of ${pixels} leaves ${article(name(label))} ${before.predicted === label ? 'what it is' : 'as wrong as it was'}.`;
  const [clean] = curves.pgd;
  const pgd = nearest(curves.pgd, result.transfer.epsilon);
  const control = nearest(curves.noise, result.transfer.epsilon);
  const many =
    clean && pgd && control
      ? html` Of ${result.testImages} test images ${formatPercent(clean.accuracy)} are classified correctly, ${formatPercent(pgd.accuracy)} under PGD of
          ε = ${+pgd.epsilon.toFixed(3)}, ${formatPercent(control.accuracy)} under random signs of that size.`
      : nothing;
  return html`${one}${many}${hardenedWords(result)}`;
};

/** What training on attacks gave and took. */
function hardenedWords({ hardened, curves }: AdversarialResult) {
  const [at, plain] = [hardened?.pgd.at(-1), curves.pgd.at(-1)];
  const clean = hardened?.pgd[0];
  if (!at || !plain || !clean) return nothing;
  return html` Trained on attacks, a network recognises ${formatPercent(clean.accuracy)} of the images as they are, and
    ${formatPercent(at.accuracy)} instead of ${formatPercent(plain.accuracy)} under PGD of ε = ${+at.epsilon.toFixed(3)}.`;
}

const ask = (question: unknown, answer: unknown) => html`<details><summary>${question}</summary>${answer}</details>`;

function transferWords({ store }: Page) {
  const found = store.result?.transfer;
  if (!found) return html`<p>The table at the end of the figure says it when the run has ended.</p>`;
  const { epsilon, clean, pgd, fgsm, own, noise } = found;
  return html`<p>
    In this run the second network recognises ${formatPercent(clean)} of the images as they are, ${formatPercent(noise)} with random signs of
    ε = ${epsilon}, ${formatPercent(fgsm)} of those that FGSM and ${formatPercent(pgd)} of those that PGD made against the first, and ${formatPercent(own)}
    under an attack on itself. ${
      pgd < noise - 0.05
        ? 'What fools one network fools the other in part: nobody needs to know the weights of the network that is to be fooled.'
        : 'What fools one network hardly fools the other here.'
    }
  </p>`;
}

export const prose: Prose<typeof schema, Adversarial> = (lab) => html`
  <h2>A small step for a picture</h2>
  <p>
    The gradient of the loss with respect to the picture says for each pixel which way raises the loss. Going that way by the same small
    amount in every pixel adds up: with 784 pixels, a change that is hardly seen moves the logits a long way. Sizes count on the
    scale from 0 (black) to 1 (white), before the network’s normalisation.
  </p>
  <h3>Predict, run, explain</h3>
  ${ask(
    'Before you press Run: how often will random signs of the same size fool the network?',
    html`<p>
      Compare the curves, and the picture on the right of the figure. Noise has the same norm, but no direction: in most directions the network’s
      answer hardly changes. Trained networks are robust to noise, and not to an adversary.
    </p>`,
  )}
  ${ask(
    html`Choose one step (FGSM) instead of many. Why is PGD stronger where both may change a pixel by ε?`,
    html`<p>
      One step trusts the gradient at the picture far beyond where it holds. Small steps follow the landscape as it bends; each is projected back
      into the box of ε. In the figure the straight way and the bent one stand on the same kind of map.
      <button @click=${() => lab.take({ attack: 'fgsm' }, 'This suggestion')}>One step</button>
      <button @click=${() => lab.take({ attack: 'pgd' }, 'This suggestion')}>Many</button>
    </p>`,
  )}
  ${ask(
    'Make it a class of your choice. Does the changed picture resemble that class?',
    html`<p>
      Look at δ: how much of it would you take for strokes of the other class, and how much for noise? The attack does not have to draw the class;
      it adds what this network counts as evidence for it. Compare feature visualisation, where smoothness is asked for.
      <button @click=${() => lab.take({ target: 8, epsilon: 0.15 }, 'This suggestion')}>Make it an 8</button>
    </p>`,
  )}
  ${ask(
    'Take the limit away and let size cost (penalised form). Which pixels change, and what does λ do?',
    html`<p>
      The change gathers where it pays most, instead of everywhere by the same amount. A larger λ makes it smaller, until it no longer
      reaches the target class.
      <button @click=${() => lab.take({ attack: 'penalised', attackSteps: 100, target: 3 }, 'This suggestion')}>Penalised, towards 3</button>
    </p>`,
  )}
  ${ask('Does an example that was made against one network fool another that was trained from another start?', transferWords(lab))}
  ${ask(
    'Attack your own picture: draw a digit, or bring a photograph in the size of the data set.',
    html`<p>
      What is not a digit gets an answer too, and often a confident one. Nothing that you bring leaves your machine.
    </p>`,
  )}
  ${ask(
    'Train on attacks (preset “trained on attacks”). What does the network gain, and what does it pay?',
    html`<p>
      Its curve under PGD falls later. The price is time, as every step of training holds a whole attack, and often some accuracy on
      unchanged images. The literature has it at large: on MNIST 89.3 % under a PGD of 100 steps of ε = 0.3 after adversarial training, on CIFAR-10 45.8 % of
      ε = 8/255 (Madry et al. 2018); without it 6.4 % are left by FGSM.
    </p>`,
  )}
  <p class="references">
    Szegedy et al. 2014, <a href="https://arxiv.org/abs/1312.6199">Intriguing properties of neural networks</a> ·
    Goodfellow, Shlens &amp; Szegedy 2015, <a href="https://arxiv.org/abs/1412.6572">Explaining and harnessing adversarial examples</a> ·
    Madry et al. 2018, <a href="https://arxiv.org/abs/1706.06083">Towards deep learning models resistant to adversarial attacks</a>
  </p>
`;
