/** Keeps the room of a lab's figure while a new run fills it again, so that nothing below it jumps up and down. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** What it knows of the lab. */
interface Lab extends ReactiveControllerHost, HTMLElement {
  readonly renderRoot: HTMLElement | DocumentFragment;
  readonly runState: string;
}

export class HeldRoom implements ReactiveController {
  readonly #lab: Lab;
  #held: HTMLElement | undefined;
  #width = 0;
  /** A height is of the width it was measured at: a phone that is turned gets the figure's own. */
  readonly #resized = new ResizeObserver(() => {
    if (this.#held && this.#held.clientWidth !== this.#width) this.#release();
  });

  constructor(lab: Lab) {
    this.#lab = lab;
    lab.addController(this);
  }

  /** To be called while the figure still shows the run before: it gets no lower until the new run is over. */
  hold(): void {
    this.#release();
    const figure = this.#lab.renderRoot.querySelector<HTMLElement>('.figure');
    if (!figure || figure.clientHeight === 0) return;
    this.#held = figure;
    this.#width = figure.clientWidth;
    figure.style.minHeight = `${figure.getBoundingClientRect().height}px`;
    this.#resized.observe(figure);
  }

  hostUpdated(): void {
    if (['finished', 'failed'].includes(this.#lab.runState)) this.#release();
  }

  hostDisconnected(): void {
    this.#release();
  }

  #release(): void {
    this.#resized.disconnect();
    if (this.#held) this.#held.style.minHeight = '';
    this.#held = undefined;
  }
}
