import type { LitElement, ReactiveController } from 'lit';

/** Observes the content width of its host and asks it to update when the width changes by a whole pixel or more. */
export class SizeController implements ReactiveController {
  /** CSS pixels; 0 until measured. */
  width = 0;
  private readonly host: LitElement;
  private observer: ResizeObserver | undefined;

  constructor(host: LitElement) {
    this.host = host;
    host.addController(this);
  }

  hostConnected(): void {
    this.observer = new ResizeObserver((entries) => {
      const width = Math.floor(entries.at(-1)?.contentRect.width ?? 0);
      if (width === this.width) return;
      this.width = width;
      this.host.requestUpdate();
    });
    this.observer.observe(this.host);
  }

  hostDisconnected(): void {
    this.observer?.disconnect();
  }
}
