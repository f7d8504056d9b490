import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, line, span, type Tone } from '../../src/ui/line.ts';
import type { Rect } from '../../src/ui/screen/layers.ts';
import { Screen } from '../../src/ui/screen/screen.ts';
import { createTheme } from '../../src/ui/theme.ts';
import { soaking } from '../soaking.ts';
import { Emulator, meant } from './xterm.ts';

const theme = createTheme({ TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8' });

const open = (columns = 40, rows = 6): { emulator: Emulator; screen: Screen } => {
  const emulator = new Emulator(columns, rows);
  const screen = new Screen(emulator, theme);
  screen.enter();
  return { emulator, screen };
};

/** What `act` makes the screen write. */
const written = (emulator: Emulator, screen: Screen, act: () => void): string => {
  const before = emulator.output.length;
  act();
  screen.flush();
  return emulator.output.slice(before);
};

const full = (screen: Screen): Rect => ({ x: 0, y: 0, width: screen.columns, height: screen.rows });

describe('what is written', () => {
  it('is nothing for a repaint of the same', () => {
    const { emulator, screen } = open();
    const lines = (): Line[] => [line(span('RAM ', 'title'), span('1.50 GiB')), line(span('ゲスト', 'bad'))];
    written(emulator, screen, () => screen.paint('a', full(screen), lines()));
    expect(written(emulator, screen, () => screen.paint('a', full(screen), lines()))).toBe('');
    expect(written(emulator, screen, () => screen.write(''))).toBe('');
  });

  it('is only the changed cells, within one synchronized update', () => {
    const { emulator, screen } = open();
    written(emulator, screen, () => screen.paint('a', full(screen), [line(span('free 100 MiB'))]));
    const bytes = written(emulator, screen, () => screen.paint('a', full(screen), [line(span('free 107 MiB'))]));
    expect(bytes).toBe('\u001b[?2026h\u001b[1;8H7\u001b[?2026l');
  });

  it('erases a blank tail instead of writing blanks', () => {
    const { emulator, screen } = open();
    written(emulator, screen, () => screen.paint('a', full(screen), [line(span('x'.repeat(40)))]));
    const bytes = written(emulator, screen, () => screen.paint('a', full(screen), [line(span('xx'))]));
    expect(bytes).toBe('\u001b[?2026h\u001b[1;3H\u001b[K\u001b[?2026l');
  });

  it('rewrites a short gap and moves over a long one', () => {
    const { emulator, screen } = open();
    const paint = (text: string): string =>
      written(emulator, screen, () => screen.paint('a', full(screen), [line(span(text))]));
    paint('a--b-------------c');
    expect(paint('A--B-------------C')).toBe('\u001b[?2026h\u001b[HA--B\u001b[18GC\u001b[?2026l');
  });

  it('is one write a tick for many paints and a frame', async () => {
    const { emulator, screen } = open();
    screen.flush();
    const { writes } = emulator;
    screen.write('below');
    screen.paint('a', { x: 0, y: 1, width: 5, height: 1 }, [line(span('one'))]);
    screen.paint('b', { x: 0, y: 2, width: 5, height: 1 }, [line(span('two'))]);
    expect(emulator.writes).toBe(writes);
    await new Promise(setImmediate);
    expect(emulator.writes).toBe(writes + 1);
    expect((await emulator.text()).slice(0, 3)).toEqual(['below', 'one', 'two']);
  });

  it('skips frames while the terminal has not taken the last one', async () => {
    const { emulator, screen } = open();
    screen.flush();
    emulator.accepts = false;
    const show = (text: string): string =>
      written(emulator, screen, () => screen.paint('a', full(screen), [line(span(text))]));
    expect(show('first')).toContain('first');
    expect(show('second')).toBe('');
    expect(show('third')).toBe('');
    emulator.accepts = true;
    const before = emulator.output.length;
    emulator.emit('drain');
    expect(emulator.output.slice(before)).toContain('third');
    expect(emulator.output).not.toContain('second');
  });

  it('never lets untrusted text steer the terminal', async () => {
    const { emulator, screen } = open();
    screen.write('name \u001b]0;title\u0007 \u001b[2J\u009b5A\u0000\u007f\u202e end');
    screen.flush();
    const start = emulator.output.lastIndexOf('\u001b[J') + 3;
    const text = emulator.output.slice(start).replace('\u001b[?2026l', '').replace('\u001b[H', '');
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect((await emulator.text())[0]).toContain('end');
  });

  it('fills the last cell of the last row without scrolling', async () => {
    const { emulator, screen } = open(10, 3);
    screen.paint(
      'a',
      full(screen),
      ['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc'].map(text => line(span(text))),
    );
    screen.flush();
    expect(await emulator.text()).toEqual(['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc']);
  });
});

describe('the terminal', () => {
  it('is given back as it was, once', async () => {
    const { emulator, screen } = open();
    screen.write('frame');
    screen.flush();
    await emulator.settled();
    expect([emulator.isAlternate, emulator.wraps]).toEqual([true, false]);
    screen.leave();
    const { length } = emulator.output;
    screen.leave();
    screen.write('late');
    screen.flush();
    expect(emulator.output.length).toBe(length);
    expect(emulator.output).toMatch(/\u001b\[\?25h\u001b\[\?1049l$/);
    await emulator.settled();
    expect([emulator.isAlternate, emulator.wraps]).toEqual([false, true]);
    expect(emulator.listenerCount('resize')).toBe(0);
  });

  it('is painted whole after a suspension, at its new size', async () => {
    const { emulator, screen } = open(20, 3);
    screen.write('one\ntwo\nthree');
    screen.flush();
    screen.suspend();
    await emulator.settled();
    expect(emulator.isAlternate).toBe(false);
    await emulator.resize(30, 4);
    emulator.write('the shell was here');
    screen.resume();
    screen.flush();
    expect(await emulator.text()).toEqual(['one', 'two', 'three', '']);
    expect([screen.columns, screen.rows]).toEqual([30, 4]);
  });

  it('tells Ink of a resize before it paints', async () => {
    const { emulator, screen } = open(20, 3);
    screen.on('resize', () => screen.write(`${screen.columns}x${screen.rows}`));
    await emulator.resize(12, 5);
    screen.flush();
    expect(await emulator.text()).toEqual(['12x5', '', '', '', '']);
  });

  it('may go away: no write after its error', () => {
    const { emulator, screen } = open();
    emulator.emit('error', new Error('EIO'));
    expect(written(emulator, screen, () => screen.write('frame'))).toBe('');
    expect(written(emulator, screen, () => screen.leave())).toBe('');
  });

  it('answers the barrier that Ink waits for', async () => {
    const { emulator, screen } = open();
    screen.write('last frame');
    await new Promise<void>(resolve => screen.stdout.write('', () => resolve()));
    expect((await emulator.text())[0]).toBe('last frame');
  });

  it('keeps its columns after a character whose width terminals disagree on', async () => {
    const { emulator, screen } = open();
    screen.paint('a', full(screen), [line(span('👍🏽|'), span('next'))]);
    screen.flush();
    expect((await emulator.picture())[0]?.slice(2, 7).join('')).toBe('||1|n|1|e|1|x|1|t|1|');
  });

  it('shows ASCII only where the locale asks for it', async () => {
    const emulator = new Emulator(20, 1);
    const screen = new Screen(emulator, createTheme({ TERM: 'vt100', LANG: 'C' }));
    screen.enter();
    screen.paint('a', full(screen), [line(span('é│漢 x'))]);
    screen.flush();
    expect((await emulator.text())[0]).toBe('?|?? x');
    expect(emulator.output).not.toMatch(/[^\u0000-\u007f]/);
  });
});

describe('covers', () => {
  it('let a dialog of Ink show through the panes', () => {
    const { screen } = open(12, 3);
    screen.write('            \n    [yes]\n');
    screen.paint(
      'a',
      full(screen),
      ['漢字漢字漢字', '漢字漢字漢字', '漢字漢字漢字'].map(text => line(span(text))),
    );
    screen.cover('dialog', { x: 3, y: 1, width: 7, height: 1 });
    expect(screen.text()).toBe('漢字漢字漢字\n漢  [yes] 字\n漢字漢字漢字');
    screen.uncover('dialog');
    expect(screen.text()).toBe('漢字漢字漢字\n漢字漢字漢字\n漢字漢字漢字');
  });
});

const tones: Tone[] = ['text', 'dim', 'strong', 'good', 'bad', 'selected', 'head', 'alarm', 'part0', 'part7'];
const pieces = [
  'a',
  'free ',
  '12.5',
  '   ',
  '─│',
  '█░',
  '⣿⡇',
  'テスト',
  '漢',
  'e\u0301',
  '한',
  'ä',
  '      ',
  '\u0301',
  '\u0007',
];
const lines = fc.array(fc.array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(...tones)), { maxLength: 6 }), {
  maxLength: 6,
});
const toLines = (drawn: [string, Tone][][]): Line[] => drawn.map(row => row.map(([text, tone]) => span(text, tone)));
const rect = fc.record({
  x: fc.integer({ min: -3, max: 22 }),
  y: fc.integer({ min: -2, max: 7 }),
  width: fc.integer({ min: 0, max: 24 }),
  height: fc.integer({ min: 0, max: 7 }),
});
const sgr = ['1', '2', '0', '22', '7', '27', '31', '44', '38;5;99', '48;2;1;2;3', '4', '', '39', '49', '92', '103'];
const frameOf = (texts: string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...sgr).map(code => `\u001b[${code}m`),
        fc.constantFrom(...texts, '\n', '\n'),
      ),
      {
        maxLength: 30,
      },
    )
    .map(parts => parts.join(''));
const frame = frameOf(pieces);
/** Ink's frames hold neither control characters nor marks without a letter. */
const inkFrame = frameOf(pieces.filter(piece => piece !== '\u0301' && piece !== '\u0007'));

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('paint' as const), id: fc.constantFrom('a', 'b', 'c'), rect, lines }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('frame' as const), frame }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unpaint' as const), id: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cover' as const), rect }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('uncover' as const, 'repaint' as const, 'suspend' as const) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('resize' as const),
      columns: fc.integer({ min: 2, max: 24 }),
      rows: fc.integer({ min: 1, max: 7 }),
    }),
  },
);

describe('any sequence of paints', () => {
  it('ends in the picture that is meant, which is that of a fresh paint', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
        const { emulator, screen } = open(20, 5);
        const panes = new Map<string, { rect: Rect; lines: Line[] }>();
        let base = '';
        let covered: Rect | undefined;
        for (const act of steps) {
          if (act.kind === 'paint') {
            panes.set(act.id, { rect: act.rect, lines: toLines(act.lines) });
            screen.paint(act.id, act.rect, toLines(act.lines));
          } else if (act.kind === 'frame') {
            base = act.frame;
            screen.write(base);
          } else if (act.kind === 'unpaint') {
            panes.delete(act.id);
            screen.unpaint(act.id);
          } else if (act.kind === 'cover') {
            covered = act.rect;
            screen.cover('dialog', act.rect);
          } else if (act.kind === 'uncover') {
            covered = undefined;
            screen.uncover('dialog');
          } else if (act.kind === 'repaint') screen.repaint();
          else if (act.kind === 'suspend') {
            screen.suspend();
            screen.resume();
          } else if (act.kind === 'resize') await emulator.resize(act.columns, act.rows);
          else screen.flush();
        }
        screen.flush();
        const shown = await emulator.picture();
        expect(shown).toEqual(meant(screen));

        const fresh = open(emulator.columns, emulator.rows);
        fresh.screen.write(base);
        for (const [id, pane] of panes) fresh.screen.paint(id, pane.rect, pane.lines);
        if (covered) fresh.screen.cover('dialog', covered);
        fresh.screen.flush();
        expect(shown).toEqual(await fresh.emulator.picture());
        screen.leave();
        fresh.screen.leave();
      }),
      { numRuns: soaking ? 300 : 80 },
    );
  });

  it('shows a frame as the terminal would show it itself', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 4 }), inkFrame, async (earlier, last) => {
        const { emulator, screen } = open(200, 31);
        for (const text of [...earlier, last]) {
          screen.write(text);
          screen.flush();
        }
        const direct = new Emulator(200, 31);
        direct.write(last);
        expect(await emulator.picture()).toEqual(await direct.picture());
        screen.leave();
      }),
    );
  });
});
