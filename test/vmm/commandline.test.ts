import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { describeLaunch } from '../../src/vmm/qemu/commandline.ts';
import { parseJson } from '../../src/vmm/qemu/json.ts';
import { parseArguments, parseConfig, parseKeys } from '../../src/vmm/qemu/options.ts';
import { parseSize } from '../../src/vmm/sizes.ts';

const MiB = 1024 ** 2;
/** Nothing is known of the process but its words, and that it has hugepages mounted. */
const parse = (...args: string[]) => {
  const { sample, ...rest } = describeLaunch(parseArguments(args), {
    words: ['qemu-system-x86_64', ...args],
    fileSystem: path => (path.startsWith('/dev/hugepages/') ? 'hugetlbfs' : 'tmpfs'),
    listensAt: () => undefined,
    hasMachine: () => undefined,
  });
  return { ...sample, ...rest };
};
/** QEMU's own escape of a comma inside a value. */
const doubled = (text: string) => text.replaceAll(',', ',,');

test.each([
  [['-name', 'web-1'], 'web-1'],
  [['--name', 'web-1,process=qemu-web,debug-threads=on'], 'web-1'],
  [['-name', 'guest=web,,1,debug-threads=on'], 'web,1'],
  [['-name', 'a,,,debug-threads=on'], 'a,'],
  [['-append', '-name', '-m', '64'], undefined],
  [[], undefined],
])('the name of %j is %j', (args, name) => expect(parse(...args).name).toBe(name));

test.each([
  [['-m', '256'], 256 * MiB, undefined],
  [['-m', '2G'], 2048 * MiB, undefined],
  [['-m', 'size=1G,slots=4,maxmem=8G'], 1024 * MiB, 8192 * MiB],
  [['-m', 'size=1048576k'], 1024 * MiB, undefined],
  // QEMU 7.2 takes a bare maxmem as bytes: `-m 64,slots=1,maxmem=128` is refused for being below 64 MiB.
  [['-m', '64,slots=1,maxmem=134217728'], 64 * MiB, 128 * MiB],
  [['-m', 'nonsense'], undefined, undefined],
  [[], undefined, undefined],
])('the sizes of %j', (args, size, maxmem) => {
  const launch = parse(...args);
  expect([launch.size, launch.maxmem]).toEqual([size, maxmem]);
});

test.each([
  [[], 'anon'],
  [['-mem-path', '/dev/hugepages/x'], 'hugetlb'],
  [['-mem-path', '/tmp/x'], 'anon'],
  [['-object', 'memory-backend-ram,id=m,size=1G', '-machine', 'q35,memory-backend=m'], 'anon'],
  [['-object', 'memory-backend-memfd,id=m,size=1G', '-machine', 'memory-backend=m'], 'shared'],
  [['-object', 'memory-backend-memfd,id=m,size=1G,share=off', '-machine', 'memory-backend=m'], 'anon'],
  [['-object', 'memory-backend-memfd,id=m,size=1G,hugetlb=on', '-M', 'memory-backend=m'], 'hugetlb'],
  [['-object', 'memory-backend-file,id=m,mem-path=/dev/shm/a,share=on', '-numa', 'node,memdev=m'], 'shared'],
  [
    [
      '-object',
      '{"qom-type":"memory-backend-file","id":"r","mem-path":"/dev/hugepages/a","share":true}',
      '-numa',
      'node,memdev=r',
    ],
    'hugetlb',
  ],
  // Not the guest's RAM, but a device's.
  [['-object', 'memory-backend-file,id=iv,mem-path=/dev/shm/a,share=on', '-device', 'ivshmem-plain,memdev=iv'], 'anon'],
])('the backend of %j is %s', (args, backend) => expect(parse(...args).backend).toBe(backend));

test.each<[string[], string | undefined]>([
  [['-device', 'vfio-pci,host=0000:01:00.0'], 'vfio-pci'],
  [['-device', '{"driver":"vfio-pci","host":"0000:01:00.0","id":"hostdev0","bus":"pci.5"}'], 'vfio-pci'],
  [['-device', 'driver=vfio-pci-nohotplug,sysfsdev=/sys/bus/mdev/devices/x'], 'vfio-pci-nohotplug'],
  [['-device', 'vfio-amd-xgbe,host=e0700000.xgmac'], 'vfio-amd-xgbe'],
  [['-device', 'vhost-vdpa-device-pci,vhostdev=/dev/vhost-vdpa-0'], 'vhost-vdpa-device-pci'],
  [['-netdev', 'vhost-vdpa,id=n0,vhostdev=/dev/vhost-vdpa-0'], 'vhost-vdpa'],
  [['-netdev', '{"type":"vhost-vdpa","vhostdev":"/dev/fdset/0","id":"n0"}'], 'vhost-vdpa'],
  [['-drive', 'file=nvme://0000:44:00.0/1,if=none,id=d0'], 'nvme'],
  [['-blockdev', 'driver=nvme,node-name=d0,device=0000:44:00.0,namespace=1'], 'nvme'],
  [['-blockdev', '{"driver":"raw","file":{"driver":"virtio-blk-vfio-pci","path":"/x"}}'], 'virtio-blk-vfio-pci'],
  // These pin what they use, and no more.
  [['-device', 'vfio-ap,sysfsdev=/sys/x'], undefined],
  [['-device', 'vfio-ccw,sysfsdev=/sys/x'], undefined],
  [['-device', 'vfio-pci,sysfsdev=/sys/x,x-balloon-allowed=on'], undefined],
  [['-device', 'virtio-net-pci,netdev=vfio-pci', '-netdev', 'tap,id=vhost-vdpa'], undefined],
  [['-device', 'nvme,drive=d0', '-drive', 'file=/srv/nvme.img,id=d0'], undefined],
  [['-name', 'vfio-pci'], undefined],
])('what pins the memory of %j is %s', (args, pinnedBy) => expect(parse(...args).pinnedBy).toBe(pinnedBy));

test.each<[string[], string | undefined]>([
  [['-machine', 'q35,confidential-guest-support=lsec0', '-object', 'sev-guest,id=lsec0,policy=0x3'], 'SEV'],
  [['-machine', 'confidential-guest-support=lsec0', '-object', '{"qom-type":"sev-snp-guest","id":"lsec0"}'], 'SEV-SNP'],
  [['-object', 'tdx-guest,id=tdx0', '-M', 'q35,kernel-irqchip=split,confidential-guest-support=tdx0'], 'TDX'],
  [['-machine', 'memory-encryption=sev0', '-object', 'sev-guest,id=sev0'], 'SEV'],
  [
    ['-machine', 's390-ccw-virtio,confidential-guest-support=pv0', '-object', 's390-pv-guest,id=pv0'],
    'Secure Execution',
  ],
  [['-machine', 'confidential-guest-support=a', '-object', 'toString,id=a'], 'toString'],
  [['-machine', 'confidential-guest-support=lsec0', '-object', 'sev-guest,id=other'], undefined],
  [['-object', 'sev-guest,id=lsec0'], undefined],
  [['-object', 'sev-guest'], undefined],
])('what keeps the memory of %j from the host is %s', (args, confidential) =>
  expect(parse(...args).confidential).toBe(confidential),
);

it('knows locked and preallocated memory', () => {
  expect(parse()).toMatchObject({ memLock: false, prealloc: false });
  expect(parse('-overcommit', 'mem-lock=on', '-mem-prealloc')).toMatchObject({ memLock: true, prealloc: true });
  expect(parse('-realtime', 'mlock=off').memLock).toBe(false);
  expect(parse('-realtime', 'mlock=on').memLock).toBe(true);
});

const chardev = 'socket,id=q,path=/tmp/a,,b.sock,server=on,wait=off';
test.each([
  ['-qmp', 'unix:/tmp/a,,b.sock,server=on,wait=off'],
  ['-qmp', 'unix:/tmp/a,,b.sock,server,nowait'],
  ['-qmp-pretty', 'unix:/tmp/a,,b.sock,server=on'],
  ['-chardev', chardev, '-mon', 'chardev=q,mode=control'],
  ['-mon', 'q,mode=control,pretty=on', '-chardev', chardev],
  ['-chardev', chardev, '-qmp', 'chardev:q'],
])('finds the socket in %j', (...args) =>
  expect(parse(...args).monitors).toEqual([{ kind: 'unix', path: '/tmp/a,b.sock' }]),
);

test.each([
  [['-qmp', 'tcp:127.0.0.1:4444,server=on,wait=off'], [{ kind: 'tcp', host: '127.0.0.1', port: 4444 }]],
  [['-qmp', 'tcp::4444,server'], [{ kind: 'tcp', host: '', port: 4444 }]],
  [['-qmp', 'tcp:[::1]:4444,server'], [{ kind: 'tcp', host: '::1', port: 4444 }]],
  [['-monitor', 'unix:/tmp/hmp.sock,server=on'], []],
  [['-chardev', chardev, '-mon', 'chardev=q,mode=readline'], []],
  [['-chardev', chardev], []],
  [['-qmp', 'none'], []],
  [['-qmp', 'unix:/tmp/client.sock'], [{ kind: 'other', why: expect.stringContaining('connects out') }]],
  [['-qmp', 'stdio'], [{ kind: 'other', why: expect.stringContaining('stdio') }]],
  [['-mon', 'chardev=gone,mode=control'], [{ kind: 'other', why: expect.stringContaining('gone') }]],
])('the monitors of %j', (args, monitors) => expect(parse(...args).monitors).toEqual(monitors));

describe('managers', () => {
  const monitor = [
    '-chardev',
    'socket,id=charmonitor,fd=31,server=on,wait=off',
    '-mon',
    'chardev=charmonitor,id=monitor,mode=control',
  ];
  test.each([
    ['libvirt', ['-name', 'guest=db,debug-threads=on', ...monitor]],
    ['libvirt', ['-name', 'guest=db,debug-threads=on']],
    ['libvirt', ['-qmp', 'unix:/var/lib/libvirt/qemu/qmp-X/qmp.monitor,server=on,wait=off']],
    [undefined, ['-name', 'guest=db,debug-threads=on', '-qmp', 'unix:/tmp/own.sock,server=on']],
    [
      'proxmox',
      [
        '-id',
        '8006',
        '-name',
        'simple,debug-threads=on',
        '-chardev',
        'socket,id=qmp,path=/var/run/qemu-server/8006.qmp,server=on,wait=off',
        '-mon',
        'chardev=qmp,mode=control',
      ],
    ],
    [undefined, ['-name', 'db']],
  ])('%s', (manager, args) => expect(parse(...args).manager).toBe(manager));
});

it('takes the UUID of -uuid, and of SMBIOS as Proxmox gives it', () => {
  expect(parse('-uuid', 'AAAAAAAA-1111-2222-3333-444444444444').uuid).toBe('aaaaaaaa-1111-2222-3333-444444444444');
  expect(parse('-smbios', 'type=1,uuid=bbbbbbbb-1111-2222-3333-444444444444').uuid).toMatch(/^bbbb/);
});

it('reads a configuration file as the options it stands for', () => {
  const options = parseConfig(
    '# qemu config file\n\n[memory]\n  size = "96"\n\n[chardev "c"]\n  backend = "socket"\n  path="/a b"\n',
  );
  expect(options.map(({ name, keys }) => [name, Object.fromEntries(keys)])).toEqual([
    ['memory', { size: '96' }],
    ['chardev', { id: 'c', backend: 'socket', path: '/a b' }],
  ]);
});

describe('properties', () => {
  const word = fc.string({ unit: 'binary', minLength: 1 }).filter(text => !text.includes('\0'));
  const key = fc.stringMatching(/^[a-z][a-z.-]{0,12}$/);

  it('an escaped value comes back whole, whatever stands around it', () => {
    fc.assert(
      fc.property(word, key, word, (value, other, more) => {
        fc.pre(other !== 'guest');
        const keys = parseKeys(`guest=${doubled(value)},${other}=${doubled(more)}`, 'guest');
        expect(Object.fromEntries(keys)).toEqual({ guest: value, [other]: more });
      }),
    );
  });

  it('a name survives the command line', () => {
    fc.assert(
      fc.property(word, name => {
        expect(parse('-S', '-name', `guest=${doubled(name)}`, '-m', '64')).toMatchObject({ name, size: 64 * MiB });
        fc.pre(!name.includes('='));
        expect(parse('-S', '-name', doubled(name), '-m', '64')).toMatchObject({ name, size: 64 * MiB });
      }),
    );
  });

  it('a size in bytes comes back, in whatever letters it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 20 }), fc.constantFrom('b', 'k', 'm', 'g'), (count, letter) => {
        const bytes = count * 1024 ** 'bkmg'.indexOf(letter);
        expect(parseSize(`${count}${letter.toUpperCase()}`, 'm')).toBe(bytes);
        expect(parseSize(`0x${bytes.toString(16)}`, 'b')).toBe(bytes);
        expect(parseSize(`${bytes}`, 'b')).toBe(bytes);
        expect(parseSize(`${count}`, 'm')).toBe(count * MiB);
      }),
    );
  });

  it('what is JSON is read as that, also with its strings in single quotes', () => {
    const single = (value: unknown): string =>
      Array.isArray(value)
        ? `[${value.map(single).join()}]`
        : typeof value === 'string'
          ? `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
          : JSON.stringify(value);
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean())), value => {
        expect(parseJson(JSON.stringify(value))).toEqual(value);
        expect(parseJson(single(value))).toEqual(value);
      }),
    );
    fc.assert(fc.property(fc.string(), text => void parseJson(text)));
  });

  it('no command line and no file makes it fail', () => {
    const option = fc.constantFrom(
      '-name',
      '-m',
      '-qmp',
      '-mon',
      '-chardev',
      '-object',
      '-machine',
      '-readconfig',
      '-numa',
    );
    const value = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('unix:', 'tcp:', 'tcp:[', 'chardev:', '=,=', ',,,', '{"a":'),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(option, value)), fc.string(), (args, text) => {
        expect(parse(...args).monitors).toBeInstanceOf(Array);
        expect(parseConfig(text)).toBeInstanceOf(Array);
      }),
    );
  });
});
