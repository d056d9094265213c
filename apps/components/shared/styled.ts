/** Style properties set from script: a page with `style-src 'self'` refuses `style` attributes, and with them the colours of data. */
import { noChange } from 'lit';
import { Directive, directive, type ElementPart, type PartInfo, PartType } from 'lit/directive.js';

/** Property (also custom, `--swatch`) to value; undefined takes it away. */
export type StyleProperties = Readonly<Record<string, string | number | undefined>>;

class Styled extends Directive {
  #set: readonly string[] = [];

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error('`styled` stands in a tag, not in an attribute');
  }

  override render(_properties: StyleProperties) {
    return noChange;
  }

  override update({ element }: ElementPart, [properties]: [StyleProperties]) {
    const { style } = element as HTMLElement;
    for (const name of this.#set) if (properties[name] === undefined) style.removeProperty(name);
    const given = Object.entries(properties).filter(([, value]) => value !== undefined);
    for (const [name, value] of given) {
      const text = String(value);
      if (style.getPropertyValue(name) !== text) style.setProperty(name, text);
    }
    this.#set = given.map(([name]) => name);
    return noChange;
  }
}

/** In a tag: `<span class="swatch" ${styled({ '--swatch': color })}></span>`. */
export const styled = directive(Styled);
