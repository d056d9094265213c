/**
 * What an author writes for a math card, and what the build makes of it.
 *
 * A card shows one piece of mathematics three times (the equation, the TypeScript that ran and the WGSL that ran) and
 * ties the three together by *terms*. A term is tagged once, in the TeX, with `\term{id}{…}`; in the code it is found by the
 * identifiers that stand for it, so the engine's files carry no tags. The build fails on a term that a pane lacks.
 */

/**
 * Which identifiers of a code pane stand for a term: names (a name after a dot is a field and needs its object: `params.lr`), or regular
 * expressions on the code without comments.
 */
export type TermMatch = string | RegExp | readonly (string | RegExp)[];

export interface MathTerm {
  /** As in `\term{id}{…}`: letters, digits and dashes. */
  readonly id: string;
  /** Read aloud and shown when the term is selected, for example `output gradient`. */
  readonly label: string;
  /** One sentence: what the term is, with its shape where it is a tensor. */
  readonly description: string;
  /** The symbol in plain text, as the controls of a lab name it, for example `λ`. */
  readonly symbol: string;
  /** What stands for the term in code. One value for both panes, or one for each. */
  readonly code: TermMatch | { readonly typescript: TermMatch; readonly wgsl?: TermMatch };
}

/** A declaration to show; with `lines`, only its first and last line and those that match (one case of a long switch). */
export type PartName = string | { readonly name: string; readonly lines: RegExp };

/** A part of a source file, shown as it stands. */
export interface SourcePart {
  /** Path from the repository root. */
  readonly file: string;
  /**
   * Names of the functions, constants or classes to show, in file order, with the comments before them. A dotted name
   * (`conv2d.reference`) is a member. Absent: the whole file.
   */
  readonly parts?: readonly PartName[];
  /** The terms that stand in this file; default: all. Every term must stand in some file of each pane. */
  readonly terms?: readonly string[];
  /** The tab that shows it, for example `naive`; default: the file's name. */
  readonly label?: string;
}

export interface MathCard {
  readonly id: string;
  readonly title: string;
  /** One plain sentence: why it matters. A lab may say it in its own words: see `because`. */
  readonly why: string;
  /** TeX with `\term{id}{…}`. Several displayed lines are several entries. */
  readonly tex: readonly string[];
  /** Where the equation comes from. */
  readonly reference: { readonly text: string; readonly url?: string };
  /** What each index runs over, in the order of the card. */
  readonly indices?: readonly { readonly symbol: string; readonly meaning: string }[];
  readonly terms: readonly MathTerm[];
  readonly typescript: readonly SourcePart[];
  /** Absent where the method runs on the host alone (early stopping). */
  readonly wgsl?: readonly SourcePart[];
  /** A ladder's folder: its rungs follow, whole, labelled by what each adds. A rung need not show every term. */
  readonly ladder?: string;
}

/** One line of highlighted code. */
export interface BuiltLine {
  /** Line number in the file. */
  readonly number: number;
  /** Escaped HTML: `<span class="k|t|n|s|c|f">`, and `<span data-term="id">` around what stands for a term. */
  readonly html: string;
}

export interface BuiltSource {
  readonly file: string;
  readonly label: string;
  readonly language: 'typescript' | 'wgsl';
  /** Ids of the terms that are marked in it. */
  readonly terms: readonly string[];
  readonly lines: readonly BuiltLine[];
  /** WGSL with `// @unroll` loops: the file that runs, where it differs from `lines`. */
  readonly unrolled?: readonly BuiltLine[];
  /** There is an unrolled form, which `loadWgsl` of the card brings. */
  readonly unrollable?: boolean;
  /** The lines too come with `loadWgsl`. */
  readonly deferred?: boolean;
}

/** A card after the build: all strings, ready to show. */
export interface BuiltCard {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** MathML, one string per displayed line, terms tagged `data-term`. */
  readonly mathml: readonly string[];
  readonly tex: readonly string[];
  readonly reference: MathCard['reference'];
  readonly indices: readonly { readonly symbol: string; readonly meaning: string }[];
  readonly terms: readonly { id: string; label: string; description: string; symbol: string }[];
  readonly typescript: readonly BuiltSource[];
  readonly wgsl: readonly BuiltSource[];
  /** Brings `wgsl` in full: rungs and unrolled forms are fetched when they are asked for. */
  readonly loadWgsl?: () => Promise<readonly BuiltSource[]>;
}

/** Result of one comparison that the *Verify* button of a card prints. */
export interface Verification {
  /** What was compared, for example `kernel against reference: dW`. */
  readonly name: string;
  readonly maxError: number;
  /** Largest error that counts as equal. */
  readonly tolerance: number;
  /** Flat index of the worst element, and the shape it indexes. */
  readonly worstIndex: number;
  readonly shape?: readonly number[];
  readonly got: number;
  readonly expected: number;
  /** What ran: the variant and the device, for example `3-register-tile, WebGPU`. Absent for comparisons of the tape. */
  readonly ran?: string;
  /** Why nothing was compared; the numbers then say nothing. */
  readonly skipped?: string;
}
