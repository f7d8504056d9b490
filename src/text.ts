/**
 * Guest names, command lines and monitors' answers are untrusted: control characters (C0, DEL, C1), line and paragraph
 * separators, bidirectional overrides and zero-width marks never reach a terminal, a page or a shell.
 */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const lonelySurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text with everything that could steer a terminal shown as `�`. */
export const safe = (text: string): string => text.replace(unsafe, '\ufffd').replace(lonelySurrogate, '\ufffd');

/**
 * JSON text with everything that could steer a terminal written as `\uXXXX`: harmless to print, and a parser gives the
 * original back. (JSON.stringify itself escapes C0 and lone surrogates only; its own line breaks stay.)
 */
export const escapeJson = (json: string): string =>
  json.replace(unsafe, character =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

let collator: Intl.Collator | undefined;

/**
 * The order of two words as people expect it: `web-2` before `web-10`. One collator for all, made by the first that
 * needs it: localeCompare with options is ten times slower in a table that is sorted every second.
 */
export const compareWords = (a: string, b: string): number => {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(a, b);
};
