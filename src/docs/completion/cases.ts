import type { Row } from './words.ts';

/** What bash and zsh write alike. Each has functions of its own by these names. */
const call = (choice: Row['choices'][number]): string =>
  typeof choice === 'string' ? `_kvmtop_${choice}` : `_kvmtop_words '${choice.join(' ')}'`;

const quoted = (word: string): string => (/^[\w-]+$/.test(word) ? word : `'${word}'`);

/** The rows of a `case`, so far to the right. */
export const cases = (rows: readonly Row[], indent: number): string =>
  rows
    .map(
      ({ words, choices }) => `${' '.repeat(indent)}${words.map(quoted).join('|')}) ${choices.map(call).join('; ')} ;;`,
    )
    .join('\n');
