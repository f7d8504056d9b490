import { WordsError } from '../../errors.ts';

/** Where QEMU itself sends a guest. */
export const addresses = 'use tcp:HOST:PORT or unix:/PATH of a QEMU that waits there (-incoming)';

/**
 * Only addresses: QEMU would also run a program (`exec:`) or write into an open descriptor (`fd:`).
 * @throws Error that says what is wrong.
 */
export const checkUri = (uri: string): void => {
  if (/^unix:\/[^\0]+$/.test(uri)) {
    if (new TextEncoder().encode(uri.slice('unix:'.length)).length > 107)
      throw new WordsError(`${uri}: a socket's path has at most 107 bytes`);
    return;
  }
  const tcp = /^tcp:(?:\[[0-9a-f:.]+(?:%[\w.-]+)?\]|[\w.-]+):(\d{1,5})$/i.exec(uri);
  const port = Number(tcp?.[1]);
  if (!tcp || port < 1 || port > 65_535) throw new WordsError(`'${uri}' is nowhere to migrate to: ${addresses}`);
};
