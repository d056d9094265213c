/** What a reader writes about a lab: a prediction before the run, and answers to its questions. Kept in this browser, nowhere else. */

export interface ReaderNotes {
  /** What shall happen, written down before the run. */
  readonly prediction: string;
  /** Question to answer. */
  readonly answers: Readonly<Record<string, string>>;
}

export const noNotes: ReaderNotes = { prediction: '', answers: {} };

const keyOf = (lab: string): string => `chalk-notes-${lab}`;

/** What was written earlier; nothing where the browser does not say. */
export function readNotes(lab: string): ReaderNotes {
  try {
    const { prediction, answers } = JSON.parse(localStorage.getItem(keyOf(lab)) ?? '{}') as Partial<ReaderNotes>;
    const texts = Object.entries(answers ?? {}).filter(([, text]) => typeof text === 'string');
    return { prediction: typeof prediction === 'string' ? prediction : '', answers: Object.fromEntries(texts) };
  } catch {
    return noNotes;
  }
}

/** The notes of one lab as one page has them: other pages of the browser may write between its writes. */
export class KeptNotes {
  readonly #lab: string;
  now: ReaderNotes;
  /** False where the browser keeps nothing: then they live here alone. */
  kept = true;

  constructor(lab: string) {
    this.#lab = lab;
    this.now = readNotes(lab);
  }

  /** What the reader has just written; all else stays as it was written last, wherever that was. */
  write({ prediction, answers }: Partial<ReaderNotes>): ReaderNotes {
    const last = this.kept ? readNotes(this.#lab) : this.now;
    this.now = { prediction: prediction ?? last.prediction, answers: { ...last.answers, ...answers } };
    this.kept = writeNotes(this.#lab, this.now);
    return this.now;
  }
}

/** @returns false where the browser keeps nothing (private window, frame, full disk): the notes then live as long as the page */
export function writeNotes(lab: string, notes: ReaderNotes): boolean {
  try {
    localStorage.setItem(keyOf(lab), JSON.stringify(notes));
    return true;
  } catch {
    return false;
  }
}
