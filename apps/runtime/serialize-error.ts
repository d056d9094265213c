/** Errors across a worker's border: the type's name, its message, and its plain fields. */

export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** The plain fields of a typed error: `code`, `op`, `limit`, … */
  readonly facts: Readonly<Record<string, unknown>>;
}

const isPlain = (value: unknown): boolean =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value) || (Array.isArray(value) && value.every(isPlain));

export function serializeError(error: unknown): SerializedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), facts: {} };
  const own = Object.entries(error).filter(([key, value]) => !['name', 'message', 'stack'].includes(key) && isPlain(value));
  return { name: error.name, message: error.message, stack: error.stack, facts: Object.fromEntries(own) };
}

/** The error on this side of the border, with its name and fields. */
export function reviveError(serialized: SerializedError): Error {
  const error = new Error(serialized.message);
  error.name = serialized.name;
  return Object.assign(error, serialized.facts);
}
