import type { Root } from '../../root.ts';
import type { NodeSample, Numbers } from '../../sample.ts';
import { findMeminfo } from './meminfo.ts';
import { createNumbersReader } from './numbers.ts';
import type { Reader } from './reader.ts';

export const nodesFolder = '/sys/devices/system/node';

/** The NUMA nodes' numbers, ascending; they may have gaps. Empty where the kernel has no NUMA. */
export const listNodes = (root: Root): number[] =>
  root
    .list(nodesFolder)
    .flatMap(name => (/^node\d{1,6}$/.test(name) ? Number(name.slice('node'.length)) : []))
    .sort((one, other) => one - other);

/** Each node's own meminfo. */
export const createNodesReader = (root: Root): Reader<readonly NodeSample[]> => {
  let nodes: readonly { id: number; meminfo: Reader<Numbers> }[] | undefined;
  const close = (): void => {
    for (const { meminfo } of nodes ?? []) meminfo.close();
    nodes = undefined;
  };
  return {
    read() {
      nodes ??= listNodes(root).map(id => ({
        id,
        meminfo: createNumbersReader(root, `${nodesFolder}/node${id}/meminfo`, findMeminfo, 'record'),
      }));
      const samples = nodes.flatMap(({ id, meminfo }) => {
        const numbers = meminfo.read();
        return numbers ? { id, meminfo: numbers } : [];
      });
      // A node that went offline, or came back.
      if (samples.length < nodes.length) close();
      return samples.length > 0 ? samples : undefined;
    },
    close,
  };
};
