import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseListening } from '../../../src/collect/guests/process/sockets.ts';

const head = 'Num       RefCount Protocol Flags    Type St Inode Path\n';
const row = (inode: number, flags: string, path: string) =>
  `ffff8881: 00000002 00000000 ${flags} 0001 01 ${inode}${path === '' ? '' : ` ${path}`}\n`;

it('keeps what listens under a path, and neither what is connected nor what has no file', () => {
  const text = `${head}${row(1, '00010000', '/run/a b.sock')}${row(2, '00000000', '/run/c')}${row(3, '00010000', '@abstract')}${row(4, '00010000', '')}${row(5, '00010000', 'relative.sock')}`;
  expect(parseListening(text)).toEqual([
    { inode: '1', path: '/run/a b.sock' },
    { inode: '5', path: 'relative.sock' },
  ]);
});

it('gives every listening path back, whatever its characters', () => {
  const path = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => !/[\n\r\u2028\u2029]/.test(text));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), path)), rows => {
      const text = head + rows.map(([inode, name]) => row(inode, '00010000', `/${name}`)).join('');
      expect(parseListening(text)).toEqual(rows.map(([inode, name]) => ({ inode: String(inode), path: `/${name}` })));
    }),
  );
});

it('takes any text', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      expect(parseListening(text)).toBeInstanceOf(Array);
    }),
  );
});
