/** What the front end says of a source that it does not take. */

export interface Located {
  /** Both from 1; columns count UTF-16 units as editors do. */
  readonly line: number;
  readonly column: number;
}

/** The source is no valid WGSL. */
export class WgslError extends Error implements Located {
  override name = 'WgslError';
  readonly path: string;
  readonly line: number;
  readonly column: number;

  constructor(path: string, at: Located, message: string) {
    super(`${path}:${at.line}:${at.column}: ${message}`);
    this.path = path;
    this.line = at.line;
    this.column = at.column;
  }
}

/** The source may be valid WGSL, but uses what lies outside the documented subset. */
export class WgslSubsetError extends WgslError {
  override name = 'WgslSubsetError';
  /** The construct's name, for example `atomic` or `texture_2d`. */
  readonly construct: string;

  constructor(path: string, at: Located, construct: string, message: string) {
    super(path, at, message);
    this.construct = construct;
  }
}
