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

/** `DEVICE_LOST` → `DeviceLostError`: the name that the class had before a bundler shortened it. */
const nameOf = (error: Error & { code?: unknown }): string =>
  typeof error.code === 'string' && /^[A-Z_]+$/.test(error.code)
    ? `${error.code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Error`
    : error.name;

export function serializeError(error: unknown): SerializedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), facts: {} };
  const own = Object.entries(error).filter(([key, value]) => !['name', 'message', 'stack'].includes(key) && isPlain(value));
  return { name: nameOf(error), message: error.message, stack: error.stack, facts: Object.fromEntries(own) };
}

/** The error on this side of the border, with its name and fields. */
export function reviveError(serialized: SerializedError): Error {
  const error = new Error(serialized.message);
  error.name = serialized.name;
  return Object.assign(error, serialized.facts);
}
