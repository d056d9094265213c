/** The text of theme.css. Regenerate with `CHALKGRAD_WRITE_THEME=1 npx vitest run tests/unit/apps/tokens.test.ts`. */
import { tokenCss } from './tokens.ts';

export function themeFile(): string {
  return `/* Generated from tokens.ts; do not edit. */\n${tokenCss(':root')}`;
}
