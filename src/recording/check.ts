/**
 * Says where a value is no `Type`: the way to what is wrong, such as `.guests[].pid`, in names of ours alone; `undefined` where
 * it is one.
 */
export interface Check<Type> {
  (value: unknown): string | undefined;
  /** Never there: it ties the check to what it checks. */
  readonly type?: Type;
}

/** A part that need not be there. */
interface Optional<Type> extends Check<Type> {
  readonly isOptional: true;
}

/** A check for each property that a type has. */
type Parts<Type> = {
  readonly [Key in keyof Type]-?: object extends Pick<Type, Key> ? Optional<Type[Key]> : Check<Type[Key]>;
};

const here = '';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Counters have 64 bits, of a mebibyte at most: what is far beyond was counted by nobody, and its sums would be endless. */
const largest = 2 ** 96;

export const number: Check<number> = value =>
  typeof value === 'number' && Math.abs(value) <= largest ? undefined : here;
export const text: Check<string> = value => (typeof value === 'string' ? undefined : here);
export const flag: Check<boolean> = value => (typeof value === 'boolean' ? undefined : here);

/** One of these, and nothing else. */
export const oneOf =
  <const Value extends string | number | boolean>(...values: readonly Value[]): Check<Value> =>
  value =>
    values.some(one => one === value) ? undefined : here;

export const either =
  <One, Other>(one: Check<One>, other: Check<Other>): Check<One | Other> =>
  value =>
    one(value) === undefined ? undefined : other(value);

export const optional = <Type>(check: Check<Type>): Optional<Type> =>
  Object.assign((value: unknown) => (value === undefined ? undefined : check(value)), { isOptional: true as const });

export const list =
  <Type>(check: Check<Type>): Check<readonly Type[]> =>
  value => {
    if (!Array.isArray(value)) return here;
    for (const one of value) {
      const wrong = check(one);
      if (wrong !== undefined) return `[]${wrong}`;
    }
    return undefined;
  };

/** Any names, each with such a value. */
export const record =
  <Type>(check: Check<Type>): Check<Readonly<Record<string, Type>>> =>
  value => {
    if (!isObject(value)) return here;
    for (const key in value) {
      const wrong = check(value[key]);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };

/** These properties; what else there is, is kept: a later kvmtop may have written it. */
export const object = <Type>(parts: Parts<Type>): Check<Type> => {
  const checks = Object.entries<Check<unknown>>(parts);
  return value => {
    if (!isObject(value)) return here;
    for (const [key, check] of checks) {
      const wrong = check(value[key]);
      if (wrong !== undefined) return `.${key}${wrong}`;
    }
    return undefined;
  };
};
