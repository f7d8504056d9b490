import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseListening, parsePorts } from '../../../src/collect/guests/process/sockets.ts';

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

/** As Linux 6.1 on x86-64 writes them, but for the addresses. */
const ports = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 0100007F:115C 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 21840 1 0000000000000000 100 0 0 10 0                     
   1: 0100007F:115C 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000  1000        0 21999 1 0000000000000000 20 4 30 10 -1                    
`;
const ports6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:115D 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0000000000000000 100 0 0 10 0
`;

it('keeps the ports on which somebody listens, with who', () => {
  expect(parsePorts(ports, true)).toEqual([{ inode: '21840', user: 1000, address: '7f000001', port: 4444 }]);
  const one6 = { inode: '7', user: 0, address: '00000000000000000000000000000001', port: 4445 };
  expect(parsePorts(ports6, true)).toEqual([one6]);
  expect(parsePorts(ports.replaceAll('0100007F', '7F000001'), false)).toEqual(parsePorts(ports, true));
});

it('takes any text for ports', () => {
  fc.assert(
    fc.property(fc.string(), fc.boolean(), (text, little) => {
      expect(parsePorts(text, little)).toBeInstanceOf(Array);
    }),
  );
});
