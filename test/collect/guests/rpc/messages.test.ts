import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callOf, type Message, MessageReader } from '../../../../src/collect/guests/monitors/libvirt/rpc/messages.ts';
import {
  callFor,
  readDomainStats,
  readEvent,
  readJobStats,
} from '../../../../src/collect/guests/monitors/libvirt/rpc/procedures.ts';
import { XdrError, XdrReader } from '../../../../src/collect/guests/monitors/libvirt/rpc/xdr.ts';
import { errorOf, eventOf, parametersOf, replyOf, statsOf } from '../../../libvirtd/messages.ts';

const uuid = '938d9d25-c83b-41ac-81db-984442040c70';
const read = (chunks: readonly Buffer[]): Message[] => {
  const reader = new MessageReader();
  return chunks.flatMap(chunk => [...reader.push(chunk)]);
};
/** What can be compared of a message. */
const told = (message: Message): unknown =>
  message.kind === 'reply' ? { kind: 'reply', serial: message.serial, text: message.body.string() } : message;

describe('a stream of messages', () => {
  const replies = fc.array(fc.tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.string({ unit: 'grapheme' })), { maxLength: 6 });

  it('is read the same however it is cut', () => {
    fc.assert(
      fc.property(replies, fc.array(fc.nat()), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(([serial, text]) => replyOf(serial, writer => writer.string(text))));
        const at = [0, ...cuts.map(cut => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, index) => stream.subarray(at[index], end));
        expect(read(chunks).map(told)).toEqual(sent.map(([serial, text]) => ({ kind: 'reply', serial, text })));
      }),
    );
  });

  it('of anybody ends with an XdrError, or waits for more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        try {
          read([Buffer.from(bytes)]);
        } catch (error) {
          expect(error).toBeInstanceOf(XdrError);
        }
      }),
    );
  });

  it.each([
    ['shorter than their header', '0000001b'],
    ['longer than any answer', '00400001'],
    ['of another version', `0000001c${'20008086'}00000002${'00'.repeat(16)}`],
    ['of another program', `0000001c${'20008087'}00000001${'00'.repeat(16)}`],
    ['that are calls', `0000001c${'20008086'}00000001${'00'.repeat(16)}`],
  ])('has none that are %s', (_what, hex) => expect(() => read([Buffer.from(hex, 'hex')])).toThrow(XdrError));

  it('has errors with their number and words, and pings to be answered', () => {
    expect(read([errorOf(7, 42, 'no domain')])).toEqual([{ kind: 'error', serial: 7, code: 42, text: 'no domain' }]);
    const ping = Buffer.from(`0000001c${'6b656570'}${'00000001'.repeat(2)}00000002${'00'.repeat(8)}`, 'hex');
    expect(read([ping])).toEqual([{ kind: 'ping' }]);
  });
});

describe('procedures', () => {
  const body = (message: Buffer): XdrReader => {
    const [first] = read([message]);
    if (first?.kind !== 'reply' && first?.kind !== 'event') throw new Error('no answer');
    return first.body;
  };
  const name = fc.string({ unit: 'grapheme', minLength: 1 });

  it('give every number of a domain under libvirt’s own names, also those that come later', () => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.nat({ max: Number.MAX_SAFE_INTEGER })), numbers => {
        const values = new Map(Object.entries(numbers));
        const message = replyOf(1, writer => statsOf(writer, uuid, values));
        expect(readDomainStats(body(message))).toEqual(values);
      }),
    );
  });

  it('give a job’s numbers; and of a domain that libvirt does not know none', () => {
    const job = replyOf(1, writer => parametersOf(writer.int(2), new Map([['operation', 5]])));
    expect(readJobStats(body(job))).toEqual({ type: 2, values: new Map([['operation', 5]]) });
    expect(readDomainStats(body(replyOf(1, writer => writer.int(0))))).toBeUndefined();
  });

  it('understand every kind of number, and skip words', () => {
    // Two parameters a line: of which name, kind and value.
    const parameters =
      '00000001 61000000 00000001 ffffffff  00000001 62000000 00000002 ffffffff' +
      '00000001 63000000 00000003 ffffffffffffffff  00000001 64000000 00000004 ffffffffffffffff' +
      '00000001 65000000 00000005 3fe0000000000000  00000001 66000000 00000006 00000001' +
      '00000001 67000000 00000007 00000001 78000000';
    const bytes = Buffer.from(`00000001 00000007 ${parameters}`.replaceAll(' ', ''), 'hex');
    expect(readJobStats(new XdrReader(bytes))).toEqual({
      type: 1,
      values: new Map([
        ['a', -1],
        ['b', 2 ** 32 - 1],
        ['c', -1],
        ['d', 2 ** 64],
        ['e', 0.5],
        ['f', 1],
      ]),
    });
    const unknown = Buffer.from('00000001 00000001 00000001 61000000 00000008 00000000'.replaceAll(' ', ''), 'hex');
    expect(() => readJobStats(new XdrReader(unknown))).toThrow(XdrError);
  });

  it('fail on anybody’s bytes by an XdrError only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), bytes => {
        for (const one of [readDomainStats, readJobStats, (reader: XdrReader) => readEvent(318, reader)]) {
          try {
            one(new XdrReader(Buffer.from(bytes)));
          } catch (error) {
            expect(error).toBeInstanceOf(XdrError);
          }
        }
      }),
    );
  });

  it('tell whom an event is about', () => {
    const told = (procedure: number) => readEvent(procedure, body(eventOf(procedure, uuid)));
    expect([318, 331, 438, 319].map(told)).toEqual([
      { uuid, what: 'all' },
      { uuid, what: 'balloon' },
      { uuid, what: 'all' },
      undefined,
    ]);
  });

  it('are sent as libvirt 9.0 understood them', () => {
    expect(callOf(344, 9, callFor.domainStats(uuid)).toString('hex')).toBe(
      '00000064' + // Length.
        '20008086 00000001 00000158 00000000 00000009 00000000'.replaceAll(' ', '') +
        '00000001' + // One domain: its name, which is its UUID again, its UUID, and no number.
        `00000024${Buffer.from(uuid).toString('hex')}${uuid.replaceAll('-', '')}ffffffff` +
        '00000005' + // STATE and BALLOON.
        '20000000', // NOWAIT.
    );
  });
});
