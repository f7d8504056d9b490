/** The properties of `T` that may be unknown become optional. */
type Known<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/**
 * What is known of an object: its properties less those that are `undefined`, to be spread into another. Unknown is
 * absent, so that it is neither told in JSON nor compared as a value.
 */
export const known = <T extends Readonly<Record<string, unknown>>>(properties: T): Known<T> => {
  const found: Record<string, unknown> = {};
  for (const key in properties) if (properties[key] !== undefined) found[key] = properties[key];
  return found as Known<T>;
};
