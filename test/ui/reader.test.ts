import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyReader } from '../../src/ui/keys/reader.ts';

/** What was read, in words. */
let told: string[] = [];
const open = () => {
  const read = createKeyReader({
    press: name => told.push(name),
    paste: text => told.push(`paste ${text.length}`),
    mouse: ({ kind, x, y }) => told.push(`${kind} ${x},${y}`),
    answer: () => told.push('answer'),
  });
  return (text: string) => read(Buffer.from(text));
};

beforeEach(() => {
  told = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  return () => void vi.useRealTimers();
});

const esc = '\u001b';

describe('keys', () => {
  it('Esc is Esc after a moment', () => {
    const read = open();
    read(esc);
    vi.advanceTimersByTime(99);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual(['escape']);
  });

  // As xterm, the Linux console, tmux, screen, PuTTY (its four modes of function keys) and rxvt send them.
  it.each([
    ['up', ['[A', 'OA', '[1;5A', '[a']],
    ['down', ['[B', 'OB']],
    ['home', ['[H', 'OH', '[1~', '[7~']],
    ['end', ['[F', 'OF', '[4~', '[8~']],
    ['pageup', ['[5~', '[5;2~']],
    ['pagedown', ['[6~']],
    ['delete', ['[3~']],
    ['tab', ['[Z']],
    ['enter', ['OM']],
    ['f1', ['OP', '[11~', '[[A', '[1;2P']],
    ['f2', ['OQ', '[12~', '[[B']],
    ['f3', ['OR', '[13~', '[[C']],
    ['f4', ['OS', '[14~', '[[D']],
    ['f5', ['[15~', '[[E']],
    ['f6', ['[17~', '[17;5~']],
    ['f9', ['[20~']],
    ['f10', ['[21~']],
    ['f12', ['[24~']],
  ])('%s is one key in each terminal, whole and torn', (name, sequences) => {
    for (const sequence of sequences) {
      for (let at = 1; at <= sequence.length; at++) {
        told = [];
        const read = open();
        read(esc + sequence.slice(0, at));
        vi.advanceTimersByTime(500);
        read(sequence.slice(at));
        vi.advanceTimersByTime(2000);
        expect([sequence, at, told]).toEqual([sequence, at, [name]]);
      }
    }
  });

  it('what comes behind the end of an arrow is a key of its own', () => {
    const read = open();
    read(esc);
    read('[Av');
    expect(told).toEqual(['up', 'v']);
  });

  it('an end that comes too late is still no two keys more', () => {
    const read = open();
    read(esc);
    vi.advanceTimersByTime(500);
    read('[A');
    expect(told).toEqual(['escape', 'up']);
    vi.advanceTimersByTime(2000);
    read('[A');
    expect(told).toEqual(['escape', 'up', '[', 'A']);
  });

  it('a key after Esc lets Esc go first; two Esc are two', () => {
    const read = open();
    read(esc);
    read('q');
    read(esc);
    read(esc);
    vi.runAllTimers();
    expect(told).toEqual(['escape', 'q', 'escape', 'escape']);
    told = [];
    read(`${esc}[`);
    vi.runAllTimers();
    expect(told).toEqual(['escape', '[']);
  });

  it('control keys, Enter, Tab and Backspace have names', () => {
    open()('\u0003\u000c\u0015\u001a\r\n\t\u007f\b');
    expect(told).toEqual(['ctrl-c', 'ctrl-l', 'ctrl-u', 'ctrl-z', 'enter', 'enter', 'tab', 'backspace', 'backspace']);
  });

  it('what a terminal says of itself is no key, and an answer is told', () => {
    const read = open();
    read(`${esc}[?1;2c${esc}[24;80R${esc}[I${esc}[0n${esc}[?2026;2$y`);
    vi.runAllTimers();
    expect(told).toEqual(['answer']);
  });

  it('a character of several bytes may come in several packets', () => {
    const bytes = Buffer.from('é漢');
    const read = createKeyReader({
      press: name => told.push(name),
      paste: () => undefined,
      mouse: () => undefined,
      answer: () => undefined,
    });
    for (const byte of bytes) read(Uint8Array.of(byte));
    expect(told).toEqual(['é', '漢']);
  });
});

describe('pastes', () => {
  it('a key that was held down is pressed as often as it came', () => {
    open()('j'.repeat(500));
    expect(told).toHaveLength(500);
  });

  it('more than anybody types at once is a paste, with what follows it at once', () => {
    const read = open();
    read('jk'.repeat(32));
    expect(told).toHaveLength(64);
    told = [];
    read('xy'.repeat(2048));
    vi.advanceTimersByTime(10);
    read('yx');
    vi.advanceTimersByTime(100);
    read('jk');
    expect(told).toEqual(['paste 4096', 'paste 2', 'j', 'k']);
  });

  it('what the terminal marks is one, also where its marks are torn; one without an end ends by itself', () => {
    const read = open();
    for (const byte of `${esc}[200~qD\ry${esc}[201~x`) read(byte);
    expect(told).toEqual(['paste 4', 'x']);
    told = [];
    read(`${esc}[200~${'a'.repeat(1000)}`);
    vi.advanceTimersByTime(4000);
    read('bc');
    expect(told).toEqual([]);
    vi.runAllTimers();
    expect(told).toEqual(['paste 1002']);
    read('x');
    expect(told).toEqual(['paste 1002', 'x']);
  });
});

describe('the mouse', () => {
  it('is told by button, and where it is, from 0', () => {
    const read = open();
    read(`${esc}[<0;10;5M${esc}[<0;10;5m${esc}[<64;1;1M${esc}[<65;200;60M`);
    // With Ctrl; the right button; a move.
    read(`${esc}[<16;3;3M${esc}[<2;3;3M${esc}[<35;3;3M`);
    expect(told).toEqual(['press 9,4', 'release 9,4', 'up 0,0', 'down 199,59', 'press 2,2']);
  });

  it('of a terminal that has no SGR mode is understood, too', () => {
    const read = createKeyReader({
      press: name => told.push(name),
      paste: () => undefined,
      mouse: ({ kind, x, y }) => told.push(`${kind} ${x},${y}`),
      answer: () => undefined,
    });
    // Column 190, row 3: a byte that is no UTF-8.
    for (const byte of [0x1b, 0x5b, 0x4d, 32, 222, 35, 0x1b, 0x5b, 0x4d, 35, 222, 35]) read(Uint8Array.of(byte));
    expect(told).toEqual(['press 189,2', 'release 189,2']);
  });

  it('a click that comes in two packets is one click, and never keys', () => {
    const click = `${esc}[<0;10;5M`;
    for (let at = 1; at < click.length; at++) {
      for (const gap of [0, 50, 900]) {
        told = [];
        const read = open();
        read(click.slice(0, at));
        vi.advanceTimersByTime(gap);
        read(click.slice(at));
        vi.advanceTimersByTime(2000);
        // An Esc by itself can't be told from the key, once a tenth of a second has passed.
        expect([at, gap, told]).toEqual([at, gap, at === 1 && gap === 900 ? ['escape', 'press 9,4'] : ['press 9,4']]);
      }
    }
  });

  it('one that another sequence breaks off is nothing', () => {
    open()(`${esc}[<0;10${esc}[0nj`);
    expect(told).toEqual(['answer', 'j']);
  });

  it('one that never comes whole is nothing', () => {
    const read = open();
    read(`${esc}[<0;10`);
    vi.advanceTimersByTime(1001);
    read('j');
    expect(told).toEqual(['j']);
  });
});

const thing = fc.constantFrom(
  'j',
  'q',
  'é',
  '\r',
  '\u0015',
  '\u007f',
  `${esc}[A`,
  `${esc}OP`,
  `${esc}[[C`,
  `${esc}[21~`,
  `${esc}[0n`,
  `${esc}[<0;10;5M`,
  `${esc}[<65;120;40M`,
  `${esc}[Mabc`,
  `${esc}[200~rm -rf /\r${esc}[201~`,
);

it('however a line cuts what it carries, the same is read', () => {
  fc.assert(
    fc.property(fc.array(thing, { maxLength: 30 }), fc.array(fc.nat(7), { minLength: 1 }), (things, cuts) => {
      const bytes = Buffer.from(things.join(''));
      const readCut = (lengths: readonly number[]): readonly string[] => {
        told = [];
        const read = createKeyReader({
          press: name => told.push(name),
          paste: text => told.push(`paste ${text}`),
          mouse: ({ kind, x, y }) => told.push(`${kind} ${x},${y}`),
          answer: () => told.push('answer'),
        });
        for (let from = 0, cut = 0; from < bytes.length; cut++) {
          const to = from + 1 + (lengths[cut % lengths.length] ?? 0);
          read(bytes.subarray(from, to));
          from = to;
        }
        vi.runAllTimers();
        return told;
      };
      expect(readCut(cuts)).toEqual(readCut([1000]));
    }),
  );
});

it('takes any bytes, and no byte of a sequence is a key', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), chunks => {
      told = [];
      const read = createKeyReader({
        press: name => told.push(name),
        paste: () => undefined,
        mouse: () => undefined,
        answer: () => undefined,
      });
      for (const chunk of chunks) read(chunk);
      vi.runAllTimers();
      for (const name of told) expect(name).toMatch(/^(?:[^\u0000-\u001f\u007f]|[a-z][a-z0-9]+|ctrl-.)$/u);
    }),
  );
});
