/** The built form of a module that exports `cards: MathCard[]`; made by apps/math/plugin.ts. */
declare module '*?math' {
  export const cards: readonly import('./card.ts').BuiltCard[];
}
