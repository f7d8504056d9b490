import type { GuestId, Sample } from '../sample.ts';
import { asSample } from './as-sample.ts';
import { type Branch, isBranch, plainOf, type Tree } from './delta/tree.ts';

/** Parts of the host that there is one of for each guest or process. */
const many: ReadonlySet<string> = new Set(['processes', 'kvm']);

const childOf = ({ keys, children }: Branch, key: string): Tree | undefined => children[keys?.indexOf(key) ?? -1];

const isGuest = (tree: Tree, guest: GuestId): boolean => isBranch(tree) && childOf(tree, 'id') === guest;

/** Of a decoded sample what concerns one guest: the rest is not made into objects. @throws RecordingError */
export const sampleOf = (tree: Tree, guest: GuestId): Sample => {
  if (!isBranch(tree) || !tree.keys) return asSample(plainOf(tree));
  const part = (key: string, child: Tree): unknown => {
    if (!isBranch(child)) return child;
    if (key === 'guests') return child.children.filter(one => isGuest(one, guest)).map(plainOf);
    if (key !== 'host') return plainOf(child);
    const kept = (child.keys ?? []).map((name, index) => [name, child.children[index]!] as const);
    return Object.fromEntries(kept.flatMap(([name, one]) => (many.has(name) ? [] : [[name, plainOf(one)]])));
  };
  return asSample(Object.fromEntries(tree.keys.map((key, index) => [key, part(key, tree.children[index]!)])));
};
