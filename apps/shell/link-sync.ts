/** Keeps a lab's state in the address bar: written seldom, read back when the reader or a link changes it. */
import { type LinkState, type LinkTarget, type Note, readLink, writeLink } from '../runtime/link.ts';

/** Safari refuses more than a hundred history calls in thirty seconds. */
const interval = 400;

export class LinkSync {
  readonly #target: LinkTarget;
  readonly #read: (state: LinkState, notes: readonly Note[]) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #written: string | undefined;

  /** @param read called with the state of the address at `connect` and whenever something else has changed it */
  constructor(target: LinkTarget, read: (state: LinkState, notes: readonly Note[]) => void) {
    this.#target = target;
    this.#read = read;
  }

  connect(): void {
    window.addEventListener('hashchange', this.#changed);
    this.#changed();
  }

  disconnect(): void {
    window.removeEventListener('hashchange', this.#changed);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Writes the state within the interval; the last one wins. */
  write(state: LinkState): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const hash = writeLink(this.#target, state);
      this.#written = hash;
      if (hash === location.hash.slice(1)) return;
      history.replaceState(history.state, '', hash ? `#${hash}` : location.pathname + location.search);
    }, interval);
  }

  readonly #changed = () => {
    const hash = location.hash.slice(1);
    // Anchors inside the page are not states.
    if (hash !== '' && !hash.includes('=') && !/^(embed|autostart)$/.test(hash)) return;
    if (this.#written !== undefined && hash === this.#written) return;
    clearTimeout(this.#timer);
    const { state, notes } = readLink(this.#target, hash);
    const query = new URLSearchParams(location.search);
    this.#read({ ...state, embed: state.embed || query.has('embed') }, notes);
  };
}
