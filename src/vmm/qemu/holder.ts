/** Managers that keep the monitors of their guests open, by where they put them. */
const holders: readonly (readonly [place: RegExp, name: string, resize: string])[] = [
  [/^(\/var)?\/run\/incus\/|^\/var\/log\/incus\//, 'Incus', 'incus config set NAME limits.memory=SIZE'],
  [/^(\/var)?\/run\/lxd\/|^\/var\/log\/lxd\/|^\/var\/snap\/lxd\//, 'LXD', 'lxc config set NAME limits.memory=SIZE'],
  [/^(\/var)?\/run\/vc\/|^\/run\/kata-containers\//, 'Kata Containers', 'the memory limit of its container'],
];

/** Who holds a monitor by profession: to end that client would end its manager. */
export interface Holder {
  readonly name: string;
  /** How that manager changes a guest's memory. */
  readonly resize: string;
}

/** The manager whose folder a monitor's socket is in; undefined where that says nothing. */
export const holderOf = (path: string | undefined): Holder | undefined => {
  const found = path === undefined ? undefined : holders.find(([place]) => place.test(path));
  return found && { name: found[1], resize: found[2] };
};
