/** The sentence on top of every page that is made, not written. */
export const madeFrom = (tables: string): string =>
  `<!-- Made from ${tables} by \`npm run docs\`. Change those, not this page. -->`;

/** Text that Markdown would take for its own marks, inside a table's cell. */
export const escaped = (text: string): string => text.replace(/[\\|*<>[\]`]/g, mark => `\\${mark}`);

export const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

/** A table with its head; cells are Markdown already. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
