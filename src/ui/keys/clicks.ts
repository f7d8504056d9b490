/** What the mouse does, for the help and docs/keys.md. */
export const clicks: readonly { readonly label: string; readonly help: string }[] = [
  { label: 'Click', help: 'A tab: show it. A row: select it; when selected, open it. A column’s head: sort by it.' },
  { label: 'Click again', help: 'On the head of the column that is sorted by: reverse the order.' },
  { label: 'Timeline', help: 'A click there, while looking back, goes to that time.' },
  { label: 'Footer', help: 'A click on a key there presses it, except the key that confirms a change.' },
  { label: 'Wheel', help: 'Move three rows or lines.' },
  {
    label: 'Shift+drag',
    help: 'Select text, as without kvmtop: most terminals keep the mouse to themselves while Shift is held (iTerm2: Option). --no-mouse, or mouse = false in config.toml, leaves it to the terminal.',
  },
];
