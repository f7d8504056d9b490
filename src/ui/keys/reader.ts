/** What Ink tells of a key besides its characters. */
export interface KeyFlags {
  readonly upArrow?: boolean;
  readonly downArrow?: boolean;
  readonly leftArrow?: boolean;
  readonly rightArrow?: boolean;
  readonly pageUp?: boolean;
  readonly pageDown?: boolean;
  readonly home?: boolean;
  readonly end?: boolean;
  readonly return?: boolean;
  readonly escape?: boolean;
  readonly tab?: boolean;
  readonly backspace?: boolean;
  readonly delete?: boolean;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

/** Ink's key in one word: a character, `up`, `enter`, `ctrl-l`. Several characters at once are several keys. */
const namesOf = (input: string, key: KeyFlags): readonly string[] => {
  if (key.upArrow) return ['up'];
  if (key.downArrow) return ['down'];
  if (key.leftArrow) return ['left'];
  if (key.rightArrow) return ['right'];
  if (key.pageUp) return ['pageup'];
  if (key.pageDown) return ['pagedown'];
  if (key.home) return ['home'];
  if (key.end) return ['end'];
  if (key.return) return ['enter'];
  if (key.escape) return ['escape'];
  if (key.tab) return ['tab'];
  if (key.backspace) return ['backspace'];
  if (key.delete) return ['delete'];
  if (key.ctrl) return input === '' ? [] : [`ctrl-${input}`];
  const typed = [...input].map(one => (one === '\r' || one === '\n' ? 'enter' : one));
  // On a slow line Esc and the next key come as one, and look like Alt.
  return key.meta ? ['escape', ...typed] : typed;
};

/** What follows Esc in the sequence of a key: `[A`, `OA`, `[5~`. */
const sequences: ReadonlyMap<string, string> = new Map(
  Object.entries({
    up: ['[A', 'OA'],
    down: ['[B', 'OB'],
    right: ['[C', 'OC'],
    left: ['[D', 'OD'],
    home: ['[H', 'OH', '[1~', '[7~'],
    end: ['[F', 'OF', '[4~', '[8~'],
    delete: ['[3~'],
    pageup: ['[5~'],
    pagedown: ['[6~'],
  }).flatMap(([name, ends]) => ends.map(end => [end, name] as const)),
);

const endOf = (input: string): { readonly name: string; readonly rest: string } | undefined => {
  const [end = ''] = /^(?:[[O][A-H]|\[\d~)/.exec(input) ?? [];
  const name = sequences.get(end);
  return name === undefined ? undefined : { name, rest: input.slice(end.length) };
};

/** Nobody types that many different characters at once, also where a slow line gathers them: they were pasted. */
const mostTyped = 64;
/** Milliseconds within which the next characters still belong to what was pasted. */
const pasteGap = 50;
/** Milliseconds for which the end of a torn sequence is still looked for after an Esc that was already acted on. */
const tornGap = 1000;

/**
 * Turns what Ink reads into keys and pasted texts. A line may tear the sequence of an arrow after its Esc; Ink waits 20 ms for
 * the rest, and after it an Esc waits here for `escapeDelay` milliseconds more, so that an arrow is never two keys.
 */
export const createKeyReader = (
  to: { readonly press: (name: string) => void; readonly paste: (text: string) => void },
  escapeDelay = 80,
) => {
  let held: NodeJS.Timeout | undefined;
  let escapedAt = Number.NEGATIVE_INFINITY;
  let pastedAt = Number.NEGATIVE_INFINITY;

  const drop = (): void => {
    clearTimeout(held);
    held = undefined;
  };
  const release = (): void => {
    if (held === undefined) return;
    drop();
    to.press('escape');
  };

  return {
    read(input: string, key: KeyFlags): void {
      const now = performance.now();
      const torn = now - escapedAt < tornGap ? endOf(input) : undefined;
      if (torn) {
        escapedAt = Number.NEGATIVE_INFINITY;
        drop();
        to.press(torn.name);
        if (torn.rest !== '') this.read(torn.rest, {});
        return;
      }
      release();
      const length = [...input].length;
      // A key that is held down repeats, and a slow line gathers that, too.
      const isHeld = new Set(input).size === 1;
      if (!key.ctrl && !key.meta && !isHeld && (length > mostTyped || (length > 1 && now - pastedAt < pasteGap))) {
        pastedAt = now;
        to.paste(input);
        return;
      }
      const names = namesOf(input, key);
      if (names.length === 1 && names[0] === 'escape') {
        escapedAt = now;
        held = setTimeout(release, escapeDelay);
        return;
      }
      for (const name of names) to.press(name);
    },
    paste(text: string): void {
      release();
      to.paste(text);
    },
  };
};
