import { createServer } from 'node:net';
import { Root } from '../../root.ts';
import { Failure } from '../options.ts';

/** An abstract socket: it goes with the process, however that ends, and leaves no file. One in each network namespace. */
const socketName = '\0kvmtop-policy';

/** The process that listens there, in words: any local user could. Costs a look at all descriptors that may be seen. */
const holderOf = (name: string): string => {
  const root = new Root('/');
  // `Num: RefCount Protocol Flags Type St Inode Path`, where `@` stands for the NUL of an abstract name.
  const row = root
    .read('/proc/net/unix')
    ?.split('\n')
    .find(line => line.endsWith(` @${name.slice(1)}`));
  const inode = row?.trim().split(/ +/)[6];
  const pid = root
    .list('/proc')
    .filter(one => /^\d+$/.test(one))
    .find(one =>
      root
        .list(`/proc/${one}/fd`)
        .some(descriptor => root.link(`/proc/${one}/fd/${descriptor}`) === `socket:[${inode}]`),
    );
  return pid === undefined ? 'another kvmtop' : `another kvmtop (process ${pid})`;
};

/**
 * Claims that this process alone lets a policy act on this host: two would undo each other's work. Resolves to what gives
 * the claim back.
 * @throws Failure when another process has it
 */
export const claimActing = (name = socketName): Promise<() => void> =>
  new Promise((resolve, reject) => {
    const server = createServer(connection => connection.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Failure(
              `${holderOf(name)} lets a policy act on this host: stop that one first, or run this in shadow`,
              3,
            )
          : error,
      ),
    );
    server.listen(name, () => resolve(() => server.close()));
  });
