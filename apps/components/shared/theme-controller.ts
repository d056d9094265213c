import type { LitElement, ReactiveController } from 'lit';
import { onThemeChange, type Palette, palette, themeOf } from '../../shell/colors.ts';
import type { Theme } from '../../shell/tokens.ts';

/** Knows the theme its host is shown in, and asks the host to draw anew when it changes. For elements that draw on a canvas. */
export class ThemeController implements ReactiveController {
  theme: Theme = 'light';
  private readonly host: LitElement;
  private end: (() => void) | undefined;

  constructor(host: LitElement) {
    this.host = host;
    host.addController(this);
  }

  get palette(): Palette {
    return palette(this.theme);
  }

  hostConnected(): void {
    this.theme = themeOf(this.host);
    this.end = onThemeChange(() => this.refresh());
  }

  hostDisconnected(): void {
    this.end?.();
  }

  private refresh(): void {
    const theme = themeOf(this.host);
    if (theme === this.theme) return;
    this.theme = theme;
    this.host.requestUpdate();
  }
}
