import type { Root } from '../../root.ts';
import type { Values } from '../../sample.ts';
import type { Reader } from './reader.ts';
import { createValuesReader, pathsIn } from './value.ts';

/** Module parameters write booleans as Y and N: 1 and 0. Words such as the compressor's name stay. */
export const parseParameters = (values: Values): Values =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === 'Y' ? 1 : value === 'N' ? 0 : value]),
  );

/** /sys/module/zswap/parameters: `enabled`, `compressor`, `max_pool_percent`, … What zswap holds is in meminfo. */
export const createZswapReader = (root: Root): Reader<Values> => {
  const parameters = createValuesReader(root, () => pathsIn(root, '/sys/module/zswap/parameters'));
  return {
    read() {
      const values = parameters.read();
      return values && parseParameters(values);
    },
    close: () => parameters.close(),
  };
};
