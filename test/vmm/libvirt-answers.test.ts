import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionError } from '../../src/collect/guests/monitors/libvirt/errors.ts';
import { MiB } from '../../src/units.ts';
import {
  type DomainFacts,
  digestDomain,
  errorIn,
  parseDomainXml,
  parseDomstats,
} from '../../src/vmm/libvirt/answers.ts';

const prompt = 'virsh > domstats --balloon --state --raw --nowait 938d9d25-c83b-41ac-81db-984442040c70\n';
const key = fc.stringMatching(/^balloon\.[a-z][a-z0-9._-]{0,20}$/);

describe('domstats', () => {
  it('gives every number back under its own name, whatever the domain is called', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.nat({ max: 2 ** 50 })),
        fc.string().filter(name => !/[\n\r\u2028\u2029]/.test(name)),
        (numbers, name) => {
          const values = { 'state.state': 1, ...numbers, 'balloon.rss': 5 };
          const lines = Object.entries(values).map(([id, value]) => `  ${id}=${value}\n`);
          expect(parseDomstats(`${prompt}Domain: '${name}'\n${lines.join('')}\n`)).toEqual({ kind: 'stats', values });
        },
      ),
    );
  });

  it('never fails on anything, and gives numbers only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const stats = parseDomstats(text);
        if (stats.kind !== 'stats') return;
        for (const value of Object.values(stats.values)) expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it.each([
    ["error: failed to get domain '938d9d25'\n", 'unknown'],
    ['error: failed to connect to the hypervisor\nerror: Failed to connect socket\n', 'disconnected'],
    ['error: Disconnected from qemu:///system due to end of file\n', 'disconnected'],
    ['error: Cannot recv data: Connection reset by peer\n', 'disconnected'],
    ['error: internal error: client socket is closed\n', 'disconnected'],
    ['error: Timed out during operation: cannot acquire state change lock\n', 'refused'],
    ["Domain: 'x'\n  state.state=1\n  balloon.current=1\n", 'withheld'],
    ["Domain: 'x'\n", 'refused'],
    ['', 'refused'],
  ])('%j is %s', (text, kind) => {
    expect(parseDomstats(text).kind).toBe(kind);
  });

  it('after a reconnect counts', () => {
    const text = "error: Reconnected to the hypervisor\nDomain: 'x'\n  state.state=1\n  balloon.rss=1\n";
    expect(errorIn(text)).toBeUndefined();
    expect(parseDomstats(text).kind).toBe('stats');
  });
});

/** As libvirt 9.0 prints it of a running domain; MiB plugged, of 128 that are asked for and 256 that there can be. */
const virtioMem = (alias: string, plugged: number): string => `<memory model='virtio-mem'>
  <target>
    <size unit='KiB'>262144</size>
    <node>0</node>
    <block unit='KiB'>2048</block>
    <requested unit='KiB'>131072</requested>
    <current unit='KiB'>${plugged * 1024}</current>
  </target>
  <alias name='${alias}'/>
  <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
</memory>`;
const vmem0 = (plugged: number) => ({
  type: 'virtio-mem',
  id: 'virtiomem0',
  path: '/machine/peripheral/virtiomem0',
  values: {
    size: plugged * MiB,
    'requested-size': 128 * MiB,
    'max-size': 256 * MiB,
    'block-size': 2 * MiB,
  },
});

const xml = (inside: string): string => `<domain type='kvm' id='3'>\n${inside}\n</domain>\n`;
const nothing = { balloon: false, deflateOnOom: false, pollingInterval: 0, plugged: 0, devices: [], memtune: {} };

describe('a domain’s XML', () => {
  it.each([
    ["<memballoon model='virtio'>\n <alias name='balloon0'/>\n</memballoon>", { balloon: true }],
    ["<memballoon model='virtio'>\n <stats period='10'/>\n</memballoon>", { balloon: true, pollingInterval: 10 }],
    [
      "<memballoon model='virtio-non-transitional' autodeflate='on' freePageReporting='on'/>",
      { balloon: true, deflateOnOom: true },
    ],
    ["<memballoon model='none'/>", {}],
    ['', {}],
    ["<memtune>\n<soft_limit unit='KiB'>1024</soft_limit>\n</memtune>", { memtune: { soft_limit: 1024 ** 2 } }],
    [
      "<memory unit='KiB'>5</memory><memory model='dimm'>\n<target>\n<size unit='KiB'>1024</size>\n</target></memory>" +
        "<memory model='virtio-mem'><target><size unit='KiB'>4096</size><current unit='KiB'>2048</current></target></memory>" +
        "<memory model='nvdimm' access='shared'><target><size unit='KiB'>9999</size></target></memory>",
      {
        plugged: 3 * 1024 ** 2,
        devices: [
          { type: 'dimm', values: { size: 1024 ** 2 } },
          { type: 'virtio-mem', values: { size: 2 * 1024 ** 2, 'max-size': 4 * 1024 ** 2 } },
        ],
      },
    ],
    [virtioMem('virtiomem0', 64), { plugged: 64 * MiB, devices: [vmem0(64)] }],
    // A name that is none of libvirt's is no word for a command line.
    [virtioMem('--config', 64), { plugged: 64 * MiB, devices: [{ type: 'virtio-mem', values: vmem0(64).values }] }],
  ])('%j', (inside, facts) => {
    expect(parseDomainXml(xml(inside))).toEqual({ ...nothing, ...facts });
  });

  it('is not swayed by what others wrote into its metadata', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const rogue = `<metadata><memballoon model='virtio' autodeflate='on'><stats period='1'/></memballoon>${text}</metadata>`;
        expect(parseDomainXml(xml(`${rogue}<memballoon model='none'/>`))).toEqual(nothing);
      }),
    );
  });

  it('is nothing when it was cut short, and never fails', () => {
    const whole = xml("<memballoon model='virtio'><stats period='1'/></memballoon>").trimEnd();
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), length => {
        expect(parseDomainXml(whole.slice(0, length))).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect([undefined, 0]).toContain(parseDomainXml(text)?.plugged);
      }),
    );
  });
});

describe('the sample', () => {
  const facts = { ...nothing, balloon: true, pollingInterval: 1 };
  const heard = { time: 1000, size: 1024 ** 3, idle: false };

  it('has no statistics where the driver never reported, and none that QEMU does not know', () => {
    const silent = { 'state.state': 1, 'balloon.current': 1024, 'balloon.last-update': 0, 'balloon.rss': 1 };
    const { balloon } = digestDomain({ state: 'unasked' }, silent, facts, heard);
    expect(balloon).toEqual({ device: true, actual: 1024 ** 2, deflateOnOom: false, pollingInterval: 1 });
    const unknown = { ...silent, 'balloon.last-update': 7, 'balloon.swap_in': 2 ** 54, 'balloon.major_fault': 2 ** 64 };
    expect(digestDomain({ state: 'unasked' }, unknown, facts, heard).balloon?.stats).toEqual({
      lastUpdate: 7,
      values: {},
    });
  });

  it('is over with a migration only where libvirt says that it is at no work', () => {
    const status = (reason: number, idle: boolean): string | undefined => {
      const values = { 'state.state': 3, 'state.reason': reason, 'balloon.rss': 1 };
      return digestDomain({ state: 'unasked' }, values, facts, { ...heard, idle }).status;
    };
    expect([status(2, true), status(2, false), status(1, true), status(5, true)]).toEqual([
      'postmigrate',
      'paused',
      'paused',
      'io-error',
    ]);
  });

  it('has virtio-mem devices, and none only where the XML says so', () => {
    const values = { 'state.state': 1, 'balloon.rss': 1 };
    const devices = (known: DomainFacts | undefined) =>
      digestDomain({ state: 'unasked' }, values, known, heard).memoryDevices;
    expect(devices({ ...facts, devices: [vmem0(64)] })).toEqual([vmem0(64)]);
    expect([devices(facts), devices(undefined)]).toEqual([[], undefined]);
  });

  it('has a balloon of QEMU’s size, to which libvirt adds what virtio-mem plugged, and of DIMMs nothing', () => {
    const values = { 'state.state': 1, 'balloon.current': 320 * 1024, 'balloon.last-update': 7, 'balloon.rss': 1 };
    const actual = (devices: DomainFacts['devices']) =>
      digestDomain({ state: 'unasked' }, values, { ...facts, devices }, heard).balloon?.actual;
    expect(actual([vmem0(64)])).toBe(256 * MiB);
    expect(actual([{ type: 'dimm', values: { size: 64 * MiB } }])).toBe(320 * MiB);
    expect(actual([vmem0(512)])).toBe(0);
  });

  it('without the XML knows a balloon by its statistics only, and no plugged memory', () => {
    const values = { 'state.state': 1, 'balloon.current': 1024, 'balloon.rss': 1 };
    const sample = digestDomain({ state: 'unasked' }, values, undefined, heard);
    expect(sample).toEqual({ state: 'ok', time: 1000, status: 'running' });
    const reported = { ...values, 'balloon.last-update': 7 };
    expect(digestDomain({ state: 'unasked' }, reported, undefined, heard).balloon).toMatchObject({ device: true });
  });
});

describe('an ended virsh', () => {
  it('is told in one safe line, whatever it said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.option(fc.nat({ max: 255 })), (said, code) => {
        const { message } = connectionError('qemu:///system', `error: ${said}`, code);
        expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        expect(message.length).toBeLessThan(400);
      }),
    );
  });
});
