const probe = document.createElement('span');
probe.hidden = true;
document.body.append(probe);

let known = new Map<string, string>();

/** A colour of the style sheet (`--blue`) as a canvas takes it, in the theme of now. */
export const colour = (name: string): string => {
  let value = known.get(name);
  if (value === undefined) {
    probe.style.color = `var(--${name})`;
    value = getComputedStyle(probe).color;
    known.set(name, value);
  }
  return value;
};

/** After a change of theme. */
export const forgetColours = (): void => {
  known = new Map();
};
