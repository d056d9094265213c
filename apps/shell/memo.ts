/** The last value of a function, kept while it is asked with the same arguments: what a view prepares from an answer, at every frame. */
export function memoLast<A extends readonly unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  let known: { readonly args: A; readonly value: T } | undefined;
  return (...args) => {
    const same = known?.args.length === args.length && args.every((arg, i) => Object.is(arg, known?.args[i]));
    if (!known || !same) known = { args, value: make(...args) };
    return known.value;
  };
}
