/** `node console.ts SOCKET`: joins this terminal to the console of a host that listens there, byte by byte. */
import { connect } from 'node:net';

process.stdin.setRawMode(true);
const host = connect(process.argv[2] ?? '');
host.pipe(process.stdout);
process.stdin.pipe(host);
host.on('close', () => process.exit(0));
