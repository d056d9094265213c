/** What math cards ask of the run: live tensors, now and then while the reader can see them, and verification on request. */
import type { RanKernel } from '../../engine/device/recording-device.ts';
import type { LiveTensor } from '../components/math-card/element.ts';
import type { BuiltCard, Verification } from '../math/card.ts';
import type { DeviceInfo } from '../runtime/experiment.ts';

/**
 * Requests that the shell itself asks where a run serves them. A lab's contract takes them over:
 * `requests: CardRequests & { … }`.
 */
export interface CardRequests {
  /** Tensors as they are, for the cards whose terms they are. */
  tensors(): readonly LiveTensor[];
  /** Kernels against their references, the tape against central differences, on the tensors of this run. */
  verify(of: { readonly card: string }): readonly Verification[];
}

/** Least milliseconds between two looks at the tensors. */
const REST = 2000;

const same = (a: readonly LiveTensor[] | undefined, b: readonly LiveTensor[]): boolean =>
  a !== undefined && a.length === b.length && a.every((tensor, i) => tensor === b[i] || tensor.data === b[i]?.data);

/** The kernels of a run and the device that they ran on. */
export interface RanHere {
  readonly device: DeviceInfo;
  readonly kernels: readonly RanKernel[];
}

export class CardQuestions {
  /** Undefined before a live run has told. */
  ran: RanHere | undefined;
  #tensors: readonly LiveTensor[] = [];
  #asked = Number.NEGATIVE_INFINITY;
  #asking = false;
  /** The reader can see the cards, or nearly: only then is a run asked. */
  near = false;
  readonly #known = new Map<string, readonly LiveTensor[]>();

  /** The latest tensors for a card. */
  of({ id }: BuiltCard): readonly LiveTensor[] {
    return this.#tensors.filter(({ terms }) => terms.some((term) => term.startsWith(`${id}/`)));
  }

  /** The same array for the same tensors, so that a card draws them once. */
  settled(card: BuiltCard, tensors: readonly LiveTensor[]): readonly LiveTensor[] {
    const known = this.#known.get(card.id);
    if (known && same(known, tensors)) return known;
    this.#known.set(card.id, tensors);
    return tensors;
  }

  clear(): void {
    this.#tensors = [];
    this.ran = undefined;
    this.#asked = Number.NEGATIVE_INFINITY;
    this.#asking = false;
  }

  /**
   * Looks at tensors and kernels where it has not done so for a while.
   * @returns whether there is something new
   */
  async look(ask: () => Promise<readonly LiveTensor[]>, kernels: () => Promise<RanHere | undefined>): Promise<boolean> {
    const now = performance.now();
    if (!this.near || this.#asking || now - this.#asked < REST) return false;
    this.#asking = true;
    this.#asked = now;
    try {
      const ran = await kernels();
      // The same kernels again: cards are not drawn anew.
      if (JSON.stringify(ran) !== JSON.stringify(this.ran)) this.ran = ran;
      this.#tensors = await ask();
      return true;
    } catch {
      // The run was replaced or has ended: the cards keep what they show.
      return false;
    } finally {
      this.#asking = false;
    }
  }
}
