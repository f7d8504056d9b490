/** `scripted-libvirtd.ts SOCKET COUNT`: a libvirtd with so many domains, as test/libvirtd has it; prints their UUIDs, and lives until it is ended. */
import { startLibvirtd } from '../libvirtd/peer.ts';

const [socket = '', count] = process.argv.slice(2);
const numbers = ['swap_in', 'swap_out', 'major_fault', 'minor_fault', 'unused', 'available', 'usable', 'disk_caches'];
const stats = {
  ...{ 'state.state': 1, 'state.reason': 1, 'balloon.current': 262_144, 'balloon.maximum': 262_144 },
  ...Object.fromEntries(numbers.map((name, index) => [`balloon.${name}`, 1000 * index])),
  ...{ 'balloon.last-update': 1_700_000_000, 'balloon.rss': 230_068 },
};
const uuids = Array.from(
  { length: Number(count) },
  (_, index) => `938d9d25-c83b-41ac-81db-${String(index).padStart(12, '0')}`,
);
const libvirtd = await startLibvirtd(socket);
libvirtd.play(Object.fromEntries(uuids.map(uuid => [uuid, { stats }])));
process.stdout.write(`${uuids.join(' ')}\n`);
