import type { LitElement, ReactiveController } from 'lit';

/** Knows whether its host is near the viewport, and asks the host to update when it comes there: work out of sight can wait. */
export class VisibilityController implements ReactiveController {
  visible = true;
  private readonly host: LitElement;
  private observer: IntersectionObserver | undefined;

  constructor(host: LitElement) {
    this.host = host;
    host.addController(this);
  }

  hostConnected(): void {
    this.observer = new IntersectionObserver(
      (entries) => {
        const visible = entries.at(-1)?.isIntersecting ?? true;
        if (visible && !this.visible) this.host.requestUpdate();
        this.visible = visible;
      },
      { rootMargin: '200px' },
    );
    this.observer.observe(this.host);
  }

  hostDisconnected(): void {
    this.observer?.disconnect();
    this.visible = true;
  }
}
