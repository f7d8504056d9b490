/** What SGR sequences have set: attributes as bits, colours as their own parameters (`38;5;31`), empty for default. */
export interface Style {
  readonly attributes: number;
  readonly foreground: string;
  readonly background: string;
}

export const attribute = {
  bold: 1,
  dim: 2,
  italic: 4,
  underline: 8,
  blink: 16,
  inverse: 32,
  hidden: 64,
  strike: 128,
} as const;

/** Bit, parameter that sets it, parameter that ends it; bold and dim share theirs and are treated apart. */
const toggles = [
  [attribute.italic, 3, 23],
  [attribute.underline, 4, 24],
  [attribute.blink, 5, 25],
  [attribute.inverse, 7, 27],
  [attribute.hidden, 8, 28],
  [attribute.strike, 9, 29],
] as const;
const intensity = attribute.bold | attribute.dim;
/** Attributes that a blank shows. */
const visibleOnBlank = attribute.underline | attribute.inverse | attribute.strike;

/** Ids fit into 16 bits. */
const limit = 0xffff;

const defaultStyle: Style = { attributes: 0, foreground: '', background: '' };

/** Every style that was seen, by a small number; 0 is the terminal's default. */
export class Styles {
  readonly #styles: Style[] = [defaultStyle];
  readonly #ids = new Map<string, number>([[';;0', 0]]);
  readonly #applied = new Map<string, number>();
  readonly #transitions = new Map<number, string>();
  readonly #blanks: number[] = [0];
  readonly #colours: boolean;

  /** `colours`: false drops them, also those that Ink's `<Text color>` writes whatever NO_COLOR says. */
  constructor(colours = true) {
    this.#colours = colours;
  }

  get(id: number): Style {
    return this.#styles[id] ?? defaultStyle;
  }

  /** The style after an SGR sequence with `parameters` (`1;31`, empty is a reset) on top of style `id`. */
  apply(id: number, parameters: string): number {
    const key = `${id} ${parameters}`;
    let result = this.#applied.get(key);
    if (result === undefined) {
      const style = applySgr(this.get(id), parameters);
      result = this.#id(this.#colours ? style : { ...style, foreground: '', background: '' });
      if (this.#applied.size < limit) this.#applied.set(key, result);
    }
    return result;
  }

  /** The style that a blank in style `id` looks like: a foreground colour does not show. */
  blank(id: number): number {
    return this.#blanks[id] ?? 0;
  }

  /** The shortest sequence that leads from one style to another. */
  transition(from: number, to: number): string {
    if (from === to) return '';
    const key = from * (limit + 1) + to;
    let sequence = this.#transitions.get(key);
    if (sequence === undefined) {
      sequence = shortest(this.get(from), this.get(to));
      if (this.#transitions.size < limit) this.#transitions.set(key, sequence);
    }
    return sequence;
  }

  #id(style: Style): number {
    const key = `${style.foreground};${style.background};${style.attributes}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#styles.length > limit) return 0;
    const id = this.#styles.push(style) - 1;
    this.#ids.set(key, id);
    const plain = (style.attributes & visibleOnBlank) === 0;
    this.#blanks[id] = id;
    if (plain) this.#blanks[id] = this.#id({ attributes: 0, foreground: '', background: style.background });
    return id;
  }
}

const applySgr = (style: Style, parameters: string): Style => {
  let { attributes, foreground, background } = style;
  const codes = parameters.split(';');
  for (let index = 0; index < codes.length; index++) {
    const text = codes[index] ?? '';
    const code = Number(text);
    if (code === 0) {
      attributes = 0;
      foreground = '';
      background = '';
    } else if (code === 1) attributes |= attribute.bold;
    else if (code === 2) attributes |= attribute.dim;
    else if (code === 22) attributes &= ~intensity;
    else if (code === 38 || code === 48 || code === 58) {
      const length = codes[index + 1] === '2' ? 5 : codes[index + 1] === '5' ? 3 : 1;
      const colour = codes.slice(index, index + length).join(';');
      index += length - 1;
      if (!/^\d+;(5;\d+|2;\d+;\d+;\d+)$/.test(colour)) continue;
      if (code === 38) foreground = colour;
      else if (code === 48) background = colour;
    } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) foreground = `${code}`;
    else if (code === 39) foreground = '';
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) background = `${code}`;
    else if (code === 49) background = '';
    else {
      for (const [bit, on, off] of toggles) {
        if (code === on) attributes |= bit;
        else if (code === off) attributes &= ~bit;
      }
    }
  }
  return { attributes, foreground, background };
};

const intensityCodes = (attributes: number): string[] => [
  ...(attributes & attribute.bold ? ['1'] : []),
  ...(attributes & attribute.dim ? ['2'] : []),
];

/** Either the changes only, or a reset and all that is set: whichever is shorter. */
const shortest = (from: Style, to: Style): string => {
  const changes: string[] = [];
  const lost = from.attributes & ~to.attributes;
  const gained = to.attributes & ~from.attributes;
  if (lost & intensity) changes.push('22', ...intensityCodes(to.attributes));
  else changes.push(...intensityCodes(gained));
  for (const [bit, on, off] of toggles) {
    if (gained & bit) changes.push(`${on}`);
    else if (lost & bit) changes.push(`${off}`);
  }
  if (from.foreground !== to.foreground) changes.push(to.foreground || '39');
  if (from.background !== to.background) changes.push(to.background || '49');

  const all = intensityCodes(to.attributes);
  for (const [bit, on] of toggles) if (to.attributes & bit) all.push(`${on}`);
  if (to.foreground) all.push(to.foreground);
  if (to.background) all.push(to.background);
  const change = changes.join(';');
  const afresh = all.length === 0 ? '' : `0;${all.join(';')}`;
  return `\u001b[${afresh.length < change.length ? afresh : change}m`;
};
