import { wordFor } from '../guests.ts';
import type { GuestModel } from '../model.ts';
import { safe } from '../text.ts';
import { exactBytes } from '../units.ts';
import type { Plan, Request, Step } from './action.ts';

/** A word for a shell, quoted where it must be. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** The exact change, as a privileged operator could do it by hand. */
export const describeStep = (step: Step): string => {
  switch (step.kind) {
    case 'qmp':
      return `QMP ${step.command} ${JSON.stringify(step.arguments)} on ${step.name}`;
    case 'write':
      return `echo ${quoted(step.value)} > ${quoted(step.path)}${step.before === undefined ? '' : ` (was ${step.before})`}`;
    case 'virsh':
      return ['virsh', ...step.words].map(quoted).join(' ');
    case 'api':
      return `${step.method} ${step.path} ${JSON.stringify(step.body)} on ${step.name}`;
    case 'client':
      return step.words.map(quoted).join(' ');
    case 'file':
      return step.content === undefined
        ? `rm ${quoted(step.path)}`
        : `write ${step.path}: ${JSON.stringify(step.content)}`;
  }
};

/** A flag to whoever reads a command line, unless `--` stands before it; `-25%` is a word to kvmtop. */
const looksLikeFlag = (word: string): boolean => /^-(?!\d)/.test(word);

/** The command that does the same for whoever may: what a read-only screen offers instead. */
export const describeRequest = ({ action, words }: Request): string =>
  ['kvmtop', 'do', action, ...(words.some(looksLikeFlag) ? ['--'] : []), ...words].map(quoted).join(' ');

/**
 * The same request as an operator would type it: guests by their names, where those mean no other, and sizes in whole units.
 * Requests are made with ids and bytes.
 */
export const asTyped = ({ action, words }: Request, guests: readonly GuestModel[]): Request => ({
  action,
  words: words.map(word => {
    const guest = guests.find(({ id }) => id === word);
    if (guest) return wordFor(guests, guest);
    return /^\d+B$/.test(word) ? exactBytes(Number(word.slice(0, -1))) : word;
  }),
});

/** A plan in words, a line each: the same in the confirm dialog, in `--dry-run` and before the question of `do`. */
export const describePlan = (
  plan: Plan,
): readonly {
  readonly kind: 'summary' | 'refusal' | 'warning' | 'effect' | 'left' | 'step';
  readonly text: string;
}[] => [
  { kind: 'summary', text: safe(plan.summary) },
  ...(plan.refusal ? [{ kind: 'refusal', text: safe(`Refused: ${plan.refusal.reason}`) } as const] : []),
  ...plan.warnings.map(text => ({ kind: 'warning', text: safe(`Careful: ${text}`) }) as const),
  ...plan.effect.map(text => ({ kind: 'effect', text: safe(text) }) as const),
  ...(plan.leftOut ?? []).map(text => ({ kind: 'left', text: safe(`left out: ${text}`) }) as const),
  ...plan.steps.map(step => ({ kind: 'step', text: safe(describeStep(step)) }) as const),
];
