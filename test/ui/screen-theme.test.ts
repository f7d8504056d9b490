import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { line, span, type Tone } from '../../src/ui/line.ts';
import { Styles } from '../../src/ui/screen/styles.ts';
import { createTheme, depthOf, hues, toAnsi } from '../../src/ui/theme.ts';
import stringWidth from '../../src/ui/width.ts';

const utf8 = { LANG: 'en_US.UTF-8' };

/** WCAG 2 relative luminance of `r;g;b`. */
const luminance = (rgb: string): number => {
  const [red = 0, green = 0, blue = 0] = rgb.split(';').map(part => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

describe('the theme', () => {
  it('takes its colours from the environment', () => {
    expect(depthOf({ TERM: 'xterm', COLORTERM: 'truecolor' })).toBe('truecolor');
    expect(depthOf({ TERM: 'tmux-256color' })).toBe('256');
    expect(depthOf({ TERM: 'linux' })).toBe('16');
    expect(depthOf({ TERM: 'vt220', COLORTERM: 'truecolor' })).toBe('none');
    expect(depthOf({ TERM: 'xterm-256color', NO_COLOR: '1' })).toBe('none');
    expect(depthOf({ TERM: 'xterm-256color', NO_COLOR: '' })).toBe('256');
  });

  it('uses attributes only under NO_COLOR, and still tells bad and alarm from text', () => {
    const { sgr } = createTheme({ ...utf8, TERM: 'xterm-256color', NO_COLOR: '1' });
    const tones: Tone[] = ['title', 'good', 'warn', 'bad', 'alarm', 'selected', 'headSorted', 'part0', 'part7'];
    for (const tone of tones) expect(sgr(tone)).toMatch(/^([1247](;[1247])*)?$/);
    expect(new Set([sgr('text'), sgr('warn'), sgr('bad'), sgr('alarm')]).size).toBe(4);
  });

  it('never tells bad from good by hue alone', () => {
    for (const TERM of ['linux', 'xterm-256color', 'xterm-direct']) {
      expect(createTheme({ ...utf8, TERM }).sgr('bad')).toMatch(/^1;/);
      expect(createTheme({ ...utf8, TERM }).sgr('good')).not.toMatch(/^1;/);
    }
  });

  it('can be read on black and on white', () => {
    for (const [name, { rgb }] of Object.entries(hues)) {
      const onBlack = (luminance(rgb) + 0.05) / 0.05;
      const onWhite = 1.05 / (luminance(rgb) + 0.05);
      // Yellow only fills a part of the ledger.
      expect(Math.min(onBlack, onWhite), name).toBeGreaterThan(name === 'yellow' ? 2.5 : 3);
    }
  });

  it('draws in ASCII unless the locale is UTF-8', () => {
    expect(createTheme({ LANG: 'C.utf8' }).ascii).toBe(false);
    expect(createTheme({ LANG: 'en_US.UTF-8', LC_ALL: 'C' }).ascii).toBe(true);
    expect(createTheme({}).ascii).toBe(true);
    const characters = JSON.stringify(createTheme({ LANG: 'C' }).glyphs);
    expect(characters).toMatch(/^[\u0020-\u007e]*$/);
  });

  it('has glyphs of one column, with eight fills to tell apart', () => {
    for (const env of [utf8, { LANG: 'C' }, { ...utf8, TERM: 'linux' }]) {
      const { glyphs } = createTheme(env);
      const { bar, box, fills, levels, braille: _, ...single } = glyphs;
      const all = [
        bar.full,
        bar.empty,
        ...bar.partial,
        ...Object.values(box),
        ...fills,
        ...levels,
        ...Object.values(single),
      ];
      expect(all.filter(glyph => stringWidth(glyph) !== 1)).toEqual([]);
      expect(new Set(fills).size).toBe(8);
    }
  });
});

describe('toAnsi', () => {
  it('styles each span and cuts at a cell border', () => {
    const theme = createTheme({ ...utf8, TERM: 'linux' });
    expect(toAnsi(line(span('ab'), span('漢字', 'strong'), span('c')), theme, 5)).toBe('ab\u001b[1m漢\u001b[0m');
    expect(toAnsi(line(span('ab'), span('漢字', 'strong')), theme, 6)).toBe('ab\u001b[1m漢字\u001b[0m');
  });
});

describe('styles', () => {
  const codes = [
    '1',
    '2',
    '3',
    '4',
    '7',
    '9',
    '22',
    '23',
    '24',
    '27',
    '29',
    '31',
    '94',
    '39',
    '45',
    '49',
    '0',
    '',
    '38;5;9',
    '48;2;1;2;3',
  ];
  const sequence = fc.array(fc.constantFrom(...codes), { minLength: 1, maxLength: 5 }).map(parts => parts.join(';'));

  it('lead from any one to any other by their transition', () => {
    const styles = new Styles();
    fc.assert(
      fc.property(sequence, sequence, (one, other) => {
        const from = styles.apply(0, one);
        const to = styles.apply(0, other);
        const transition = styles.transition(from, to);
        if (from === to) expect(transition).toBe('');
        else expect(styles.get(styles.apply(from, transition.slice(2, -1)))).toEqual(styles.get(to));
      }),
    );
  });

  it('are reached by the shortest way', () => {
    const styles = new Styles();
    const style = (parameters: string): number => styles.apply(0, parameters);
    expect(styles.transition(style('1;31'), style('1;32'))).toBe('\u001b[32m');
    expect(styles.transition(style('38;2;1;2;3'), style(''))).toBe('\u001b[m');
    expect(styles.transition(style('1'), style('2'))).toBe('\u001b[0;2m');
  });

  it('ignore what they do not know', () => {
    const styles = new Styles();
    expect(styles.apply(0, '58;5;1;999')).toBe(0);
  });
});
