import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionError } from '../../src/collect/guests/monitors/libvirt/errors.ts';
import { MiB } from '../../src/units.ts';
import {
  type DomainFacts,
  digestDomain,
  errorIn,
  isCurrent,
  parseDomainXml,
  parseDomstats,
} from '../../src/vmm/libvirt/answers.ts';

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
          expect(parseDomstats(`Domain: '${name}'\n${lines.join('')}\n`)).toEqual(new Map(Object.entries(values)));
        },
      ),
    );
  });

  it('never fails on anything, and gives numbers only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        for (const value of parseDomstats(text).values()) expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('is of now only if libvirt looked at the running QEMU', () => {
    const text = "Domain: 'x'\n  state.state=1\n  balloon.current=1\n";
    expect([isCurrent(parseDomstats(text)), isCurrent(parseDomstats(`${text}  balloon.rss=1\n`))]).toEqual([
      false,
      true,
    ]);
  });

  it('after a reconnect counts', () => {
    expect(errorIn("error: Reconnected to the hypervisor\nDomain: 'x'\n")).toBeUndefined();
    expect(errorIn('error: Reconnected to the hypervisor\nerror: no\n')).toBe('no');
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
  const told = (values: Readonly<Record<string, number>>) => new Map(Object.entries(values));

  it('has no statistics where the driver never reported, and none that QEMU does not know', () => {
    const silent = { 'state.state': 1, 'balloon.current': 1024, 'balloon.last-update': 0, 'balloon.rss': 1 };
    const { balloon } = digestDomain({ state: 'unasked' }, told(silent), facts, heard);
    expect(balloon).toEqual({ device: true, actual: 1024 ** 2, deflateOnOom: false, pollingInterval: 1 });
    const unknown = { ...silent, 'balloon.last-update': 7, 'balloon.swap_in': 2 ** 54, 'balloon.major_fault': 2 ** 64 };
    expect(digestDomain({ state: 'unasked' }, told(unknown), facts, heard).balloon?.stats).toEqual({
      lastUpdate: 7,
      values: {},
    });
  });

  it('keeps every statistic, also one that is new, but for what is none of the guest’s', () => {
    fc.assert(
      fc.property(fc.dictionary(key, fc.nat({ max: 2 ** 40 })), numbers => {
        const values = told({ ...numbers, 'balloon.last-update': 7, 'balloon.rss': 1 });
        const { stats } = digestDomain({ state: 'unasked' }, values, facts, heard).balloon ?? {};
        const simple = Object.keys(numbers).filter(
          name => !name.includes('.', 8) && !/current|maximum|rss|last-update/.test(name),
        );
        // A dash and a line below it are one to QMP.
        const names = new Set(simple.map(name => name.slice(8).replaceAll('_', '-')));
        expect(Object.keys(stats?.values ?? {})).toHaveLength(names.size);
      }),
    );
  });

  it('is over with a migration only where libvirt says that it is at no work', () => {
    const status = (reason: number, idle: boolean): string | undefined => {
      const values = { 'state.state': 3, 'state.reason': reason, 'balloon.rss': 1 };
      return digestDomain({ state: 'unasked' }, told(values), facts, { ...heard, idle }).status;
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
      digestDomain({ state: 'unasked' }, told(values), known, heard).memoryDevices;
    expect(devices({ ...facts, devices: [vmem0(64)] })).toEqual([vmem0(64)]);
    expect([devices(facts), devices(undefined)]).toEqual([[], undefined]);
  });

  it('has a balloon of QEMU’s size, to which libvirt adds what virtio-mem plugged, and of DIMMs nothing', () => {
    const values = { 'state.state': 1, 'balloon.current': 320 * 1024, 'balloon.last-update': 7, 'balloon.rss': 1 };
    const actual = (devices: DomainFacts['devices']) =>
      digestDomain({ state: 'unasked' }, told(values), { ...facts, devices }, heard).balloon?.actual;
    expect(actual([vmem0(64)])).toBe(256 * MiB);
    expect(actual([{ type: 'dimm', values: { size: 64 * MiB } }])).toBe(320 * MiB);
    expect(actual([vmem0(512)])).toBe(0);
  });

  it('without the XML knows a balloon by its statistics only, and no plugged memory', () => {
    const values = { 'state.state': 1, 'balloon.current': 1024, 'balloon.rss': 1 };
    const sample = digestDomain({ state: 'unasked' }, told(values), undefined, heard);
    expect(sample).toEqual({ state: 'ok', time: 1000, status: 'running' });
    const reported = { ...values, 'balloon.last-update': 7 };
    expect(digestDomain({ state: 'unasked' }, told(reported), undefined, heard).balloon).toMatchObject({
      device: true,
    });
  });
});

describe('an ended virsh', () => {
  it('is told in one safe line, whatever it said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), said => {
        const { message } = connectionError('qemu:///system', `error: ${said}`);
        expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        expect(message.length).toBeLessThan(400);
      }),
    );
  });
});
