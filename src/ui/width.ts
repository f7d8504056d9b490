import realWidth, { type Options } from 'string-width';

/**
 * Characters that take exactly one column wherever they stand alone: printable ASCII and Latin-1, dashes and the
 * ellipsis, arrows, `≤`, box drawing, blocks, braille, two triangles, and what `safe` puts for what may not be shown. Nearly all
 * that kvmtop draws.
 */
export const isSimple = (code: number): boolean =>
  code < 0x7f
    ? code >= 0x20
    : (code >= 0x2500 && code <= 0x259f) ||
      (code >= 0x2800 && code <= 0x28ff) ||
      (code >= 0xa1 && code <= 0xff && code !== 0xad) ||
      (code >= 0x2010 && code <= 0x2027) ||
      (code >= 0x2190 && code <= 0x21ff) ||
      code === 0x2264 ||
      code === 0x25b2 ||
      code === 0x25bc ||
      code === 0xfffd;

/**
 * The columns that `text` takes in a terminal: equal to string-width's answer, without its segmenter and expressions
 * for text made of simple characters. The bundle puts it in string-width's place for Ink too.
 */
export default function stringWidth(text: string, options?: Options): number {
  if (options?.ambiguousIsNarrow === false) return realWidth(text, options);
  const { length } = text;
  for (let index = 0; index < length; index++) {
    if (!isSimple(text.charCodeAt(index))) return realWidth(text, options);
  }
  return length;
}

let segmenter: Intl.Segmenter | undefined;

/** Code points of one cluster that are kept: more is somebody's stack of accents, not writing. */
const clusterLimit = 16;

/** What a terminal shows as one character, with its columns (0 for what is invisible on its own). */
export function* clusters(text: string): Generator<{ readonly text: string; readonly width: number }> {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text)) {
    const cluster = segment.length > clusterLimit ? [...segment].slice(0, clusterLimit).join('') : segment;
    yield { text: cluster, width: stringWidth(cluster) };
  }
}

/** The longest start of `text` that fits into `columns`, never half of a wide character. */
export const take = (text: string, columns: number): string => {
  if (stringWidth(text) <= columns) return text;
  let taken = '';
  let used = 0;
  for (const cluster of clusters(text)) {
    used += cluster.width;
    if (used > columns) break;
    taken += cluster.text;
  }
  return taken;
};
