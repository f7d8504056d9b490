import type { Cells } from './cells.ts';
import type { Styles } from './styles.ts';

/** SGR; any other CSI; OSC (hyperlinks) up to its end; a line end; or what stands between them. */
const pieces =
  /\u001b\[([\d;]*)m|\u001b\[[\d:;<=>?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b|(\n)|([^\u001b\n]+)/g;

/** Reads a frame as Ink writes it in debug mode (rows of text with SGR sequences, joined by line ends) into `cells`. */
export const parseFrame = (frame: string, cells: Cells, styles: Styles): void => {
  cells.clear();
  let x = 0;
  let y = 0;
  let style = 0;
  for (const [, sgr, lineEnd, text] of frame.matchAll(pieces)) {
    if (text !== undefined) x = cells.write(x, y, text, style);
    else if (sgr !== undefined) style = styles.apply(style, sgr);
    else if (lineEnd !== undefined) {
      x = 0;
      y++;
      if (y >= cells.rows) return;
    }
  }
};

/** Whether a chunk only steers the terminal, such as Ink's bracketed paste and cursor, and holds no frame. */
export const isControl = (chunk: string): boolean => /^(?:\u001b\[[<=>?]?[\d;]*[A-Za-ln-z])+$/.test(chunk);
