import { createServer } from 'node:net';
import { Failure } from './options.ts';

/** An abstract socket: it goes with the process, however that ends, and leaves no file. One in each network namespace. */
const socketName = '\0kvmtop-policy';

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
          ? new Failure('another kvmtop lets a policy act on this host: stop that one first, or run this in shadow', 3)
          : error,
      ),
    );
    server.listen(name, () => resolve(() => server.close()));
  });
