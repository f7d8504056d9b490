import { guestStats, healthy, startPeer } from './peer.ts';

/**
 * A process that is a QEMU by its words (`-name NAME -m MIB -qmp unix:PATH,…`) and by its monitor. Its guest reports, and does
 * what its balloon is asked: a quarter of the way ten times a second, so that what comes next finds it under way.
 */
const word = (option: string): string => process.argv[process.argv.indexOf(option) + 1] ?? '';
const mib = 2 ** 20;
const size = Number(word('-m')) * mib;
const path = /^unix:([^,]+)/.exec(word('-qmp'))?.[1] ?? '';

let [actual, target] = [size, size];
setInterval(() => {
  const way = target - actual;
  actual = Math.abs(way) < mib ? target : actual + way / 4;
}, 100);

const plain = healthy(word('-name'));
await startPeer(path, {
  ...plain,
  'query-balloon': () => ({ return: { actual: Math.round(actual) } }),
  'query-memory-size-summary': { return: { 'base-memory': size, 'plugged-memory': 0 } },
  balloon: ({ value }) => {
    target = Math.min(size, Number(value));
    return { return: {} };
  },
  'qom-get': args => {
    const { 'qom-get': get } = { ...plain };
    if (args['property'] !== 'guest-stats') return typeof get === 'function' ? get(args) : (get ?? { return: 0 });
    const values = { 'stat-total-memory': actual, 'stat-available-memory': actual - 64 * mib };
    return { return: guestStats(Math.floor(Date.now() / 1000), values) };
  },
});
process.stdout.write('listens\n');
