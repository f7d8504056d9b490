/** What a mouse did, at a column and a row of the screen, from 0. */
export interface MouseEvent {
  readonly kind: 'press' | 'release' | 'up' | 'down';
  readonly x: number;
  readonly y: number;
}

/** Whom the reader tells what it has read. */
export interface Listener {
  /** A key: a character, or up, enter, escape, f1, ctrl-l, … */
  readonly press: (name: string) => void;
  readonly paste: (text: string) => void;
  readonly mouse: (event: MouseEvent) => void;
  /** The terminal has come to a question of ours (DSR 5) and answers it. */
  readonly answer: () => void;
}

/**
 * What follows `ESC [` or `ESC O` in a key's sequence, without modifiers. Function keys: xterm, tmux and screen (`OP`, `[15~`),
 * the Linux console (`[[A`), PuTTY and rxvt (`[11~`).
 */
const sequences: ReadonlyMap<string, string> = new Map(
  Object.entries({
    up: ['A', 'a'],
    down: ['B', 'b'],
    right: ['C', 'c'],
    left: ['D', 'd'],
    home: ['H', '1~', '7~'],
    end: ['F', '4~', '8~'],
    insert: ['2~'],
    delete: ['3~'],
    pageup: ['5~'],
    pagedown: ['6~'],
    enter: ['M'],
    tab: ['Z'],
    f1: ['P', '11~', '[A'],
    f2: ['Q', '12~', '[B'],
    f3: ['R', '13~', '[C'],
    f4: ['S', '14~', '[D'],
    f5: ['15~', '[E'],
    f6: ['17~'],
    f7: ['18~'],
    f8: ['19~'],
    f9: ['20~'],
    f10: ['21~'],
    f11: ['23~'],
    f12: ['24~'],
  }).flatMap(([name, ends]) => ends.map(end => [end, name] as const)),
);

/** A whole sequence: of X10's mouse (three bytes more), of the Linux console, CSI, SS3. Bytes, one a character. */
const whole = /^\u001b(?:\[M([\s\S]{3})|(\[\[[A-E])|\[(?!M)([0-?]*)[ -/]*([@-Z\\-~])|O[0-9;]*([@-~]))/;
/** The beginning of one, as far as it has come. */
const begun = /^\u001b(?:\[(?:M[\s\S]{0,2}|\[|[0-?]*[ -/]*)?|O[0-9;]*)?$/;
/** One that another sequence breaks off, as a terminal would have it. */
const broken = /^\u001b\[[0-?]+[ -/]*(?=\u001b)/;
/** What an Esc that was already acted on turns out to have been the beginning of. */
const torn = /^(?:[[O][A-HP-S]|\[\[[A-E]|\[\d\d?~|\[<[\d;]*(?:[Mm]|$))/;

const pasteStart = '\u001b[200~';
const pasteEnd = '\u001b[201~';
/** Bytes of a paste that are kept: more than any prompt takes. */
const longestPaste = 0x10000;

/** Nobody types that many different characters at once, also where a slow line gathers them: they were pasted. */
const mostTyped = 64;
/** Milliseconds within which the next characters still belong to what was pasted. */
const pasteGap = 50;
/** Milliseconds for which the rest of a torn sequence is waited for. */
const tornGap = 1000;
/** Milliseconds for which the rest of a paste is waited for. */
const pasteEndGap = 5000;

const nameOf = (character: string): string => {
  const code = character.charCodeAt(0);
  if (code === 0x0d || code === 0x0a) return 'enter';
  if (code === 0x09) return 'tab';
  if (code === 0x7f || code === 0x08) return 'backspace';
  return code < 0x20 ? `ctrl-${String.fromCharCode(code + (code <= 26 ? 0x60 : 0x40))}` : character;
};

/** Button and place as SGR has them, places counted from 1: the left button and the wheel. */
const mouseOf = (button: number, column: number, row: number, released: boolean): MouseEvent | undefined => {
  const place = { x: column - 1, y: row - 1 };
  // Shift, Alt and Ctrl are 4, 8 and 16.
  switch (button & ~0x1c) {
    case 0:
      return { kind: released ? 'release' : 'press', ...place };
    case 64:
      return { kind: 'up', ...place };
    case 65:
      return { kind: 'down', ...place };
    default:
      return undefined;
  }
};

/** Where X10's mouse is: three bytes, each 32 more than it means. Its release tells no button. */
const x10 = (bytes: string): MouseEvent | undefined => {
  const [button = 0, column = 0, row = 0] = [...bytes].map(byte => byte.charCodeAt(0) - 32);
  return (button & 3) === 3 && button < 64 ? mouseOf(0, column, row, true) : mouseOf(button, column, row, false);
};

/**
 * Turns the bytes of a terminal into keys, pastes and what the mouse did. A line may tear a sequence anywhere: its rest is
 * waited for, an Esc by itself for `escapeDelay` milliseconds, so that an arrow is never two keys and a click never any.
 */
export const createKeyReader = (to: Listener, escapeDelay = 100) => {
  const decoder = new TextDecoder();
  /** What came of a sequence that is not whole. */
  let held = '';
  let timer: NodeJS.Timeout | undefined;
  let escapedAt = Number.NEGATIVE_INFINITY;
  let pastedAt = Number.NEGATIVE_INFINITY;
  let pasting: string | undefined;

  const handle = ([, x10Bytes, console, parameters = '', final = '', ss3]: RegExpExecArray): void => {
    const [button, column, row] = parameters.slice(1).split(';').map(Number);
    if (x10Bytes !== undefined || (parameters.startsWith('<') && (final === 'M' || final === 'm'))) {
      const event = x10Bytes === undefined ? mouseOf(button ?? 0, column ?? 0, row ?? 0, final === 'm') : x10(x10Bytes);
      if (event) to.mouse(event);
      return;
    }
    if (final === 'n') {
      to.answer();
      return;
    }
    // What a terminal tells of itself is private; and a cursor's position looks like F3 with modifiers.
    if (/^[<=>?]/.test(parameters) || final === 'M' || (final === 'R' && parameters !== '')) return;
    const end = ss3 ?? (final === '~' ? (parameters.split(';')[0] ?? '') : '') + final;
    const name = sequences.get(console?.slice(1) ?? end);
    if (name !== undefined) to.press(name);
  };

  /** A run of characters without a control character but tabs and line ends. */
  const type = (text: string): void => {
    if (text === '') return;
    const now = performance.now();
    const characters = [...text];
    // A key that is held down repeats, and a slow line gathers that, too.
    const isHeld = new Set(characters).size === 1;
    if (!isHeld && (characters.length > mostTyped || (characters.length > 1 && now - pastedAt < pasteGap))) {
      pastedAt = now;
      to.paste(text);
      return;
    }
    for (const one of characters) to.press(nameOf(one));
  };

  const text = (bytes: string): void => {
    const typed = decoder.decode(Buffer.from(bytes, 'latin1'), { stream: true });
    for (const [piece] of typed.matchAll(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]+/g,
    )) {
      if (piece.length === 1) to.press(nameOf(piece));
      else type(piece);
    }
  };

  /** The rest did not come. */
  const giveUp = (): void => {
    const given = held;
    held = '';
    if (pasting !== undefined) {
      pasting += given;
      endPaste();
    } else if (given.length <= 2 && given !== '') {
      escapedAt = performance.now();
      to.press('escape');
      text(given.slice(1));
    }
  };
  const wait = (): void => {
    if (pasting === undefined && held === '') return;
    const gap = pasting !== undefined ? pasteEndGap : held.length === 1 ? escapeDelay : tornGap;
    timer = setTimeout(giveUp, gap).unref();
  };

  const endPaste = (): void => {
    const pasted = decoder.decode(Buffer.from(pasting ?? '', 'latin1'));
    pasting = undefined;
    to.paste(pasted);
  };

  /** Takes one thing off the start of the bytes, and gives the others; undefined where that is not whole yet. */
  const take = (bytes: string): string | undefined => {
    if (pasting !== undefined) {
      const end = bytes.indexOf(pasteEnd);
      // The end may be torn, too.
      const kept = end < 0 ? Math.max(0, bytes.length - pasteEnd.length + 1) : end;
      if (pasting.length < longestPaste) pasting += bytes.slice(0, kept);
      if (end < 0) {
        held = bytes.slice(kept);
        return undefined;
      }
      endPaste();
      return bytes.slice(end + pasteEnd.length);
    }
    if (!bytes.startsWith('\u001b')) {
      const end = bytes.indexOf('\u001b');
      text(end < 0 ? bytes : bytes.slice(0, end));
      return end < 0 ? '' : bytes.slice(end);
    }
    if (bytes.startsWith(pasteStart)) {
      pasting = '';
      return bytes.slice(pasteStart.length);
    }
    const sequence = whole.exec(bytes);
    if (sequence) {
      handle(sequence);
      return bytes.slice(sequence[0].length);
    }
    if (begun.test(bytes)) {
      held = bytes;
      return undefined;
    }
    const half = broken.exec(bytes);
    if (half) return bytes.slice(half[0].length);
    // On a slow line Esc and the next key come as one, and look like Alt.
    to.press('escape');
    return bytes.slice(1);
  };

  return (chunk: Uint8Array): void => {
    clearTimeout(timer);
    let bytes: string | undefined = held + Buffer.from(chunk).toString('latin1');
    held = '';
    if (performance.now() - escapedAt < tornGap && torn.test(bytes)) {
      escapedAt = Number.NEGATIVE_INFINITY;
      bytes = `\u001b${bytes}`;
    }
    while (bytes !== undefined && bytes !== '') bytes = take(bytes);
    wait();
  };
};
