import type { LitElement, ReactiveController } from 'lit';
import { onThemeChange, type Palette, palette, themeOf } from '../../shell/colors.ts';
import type { Theme } from '../../shell/tokens.ts';

/** Knows the theme its host is shown in, and asks the host to draw anew when it changes. For elements that draw on a canvas. */
export class ThemeController implements ReactiveController {
  private readonly host: LitElement;
  private known: Theme | undefined;
  private end: (() => void) | undefined;

  constructor(host: LitElement) {
    this.host = host;
    host.addController(this);
  }

  /** Asked of the computed style once, when it is first needed. */
  get theme(): Theme {
    this.known ??= themeOf(this.host);
    return this.known;
  }

  get palette(): Palette {
    return palette(this.theme);
  }

  hostConnected(): void {
    this.end = onThemeChange(() => this.refresh());
  }

  hostDisconnected(): void {
    this.end?.();
    // Elsewhere on the page, or on another one, the theme may differ.
    this.known = undefined;
  }

  private refresh(): void {
    const theme = themeOf(this.host);
    if (theme === this.known) return;
    this.known = theme;
    this.host.requestUpdate();
  }
}
