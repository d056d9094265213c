/** Registers an element once: two bundles on one page may both bring it. */
export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}

/** A bubbling event that leaves shadow roots; what every component of the site dispatches. */
export const chalkEvent = <D>(name: string, detail: D): CustomEvent<D> =>
  new CustomEvent(name, { detail, bubbles: true, composed: true });

export const prefersReducedMotion = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
