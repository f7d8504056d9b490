/**
 * JSON as QEMU reads it: strings may stand in single quotes, too. `undefined` for what is none.
 */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return parseSingleQuoted(text);
  }
};

const parseSingleQuoted = (text: string): unknown => {
  const strings = /"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'/gs;
  const plain = text.replace(strings, (string, inner: string | undefined) =>
    inner === undefined
      ? string
      : `"${inner.replaceAll("\\'", "'").replace(/(\\.)|"/gs, (all, escaped) => escaped ?? `\\${all}`)}"`,
  );
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
};
