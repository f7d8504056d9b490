import { createServer } from 'node:net';

/** A QMP server as QEMU is: one waits in its queue, and for so many milliseconds it accepts nobody. Its path is its argument. */
const [path = '', milliseconds = '0'] = process.argv.slice(2);
const greeting =
  '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}\r\n';
createServer(socket => {
  socket.on('error', () => undefined);
  socket.write(greeting);
}).listen({ path, backlog: 1 }, () => {
  process.stdout.write('listening\n', () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(milliseconds));
  });
});
