import type { Action, Request } from '../actions/action.ts';
import { actions } from '../actions/actions.ts';
import type { GuestModel } from '../model.ts';

/** Splits as a shell does with quotes: `balloon "we b" 2G` has three words. An open quote goes to the end. */
export const wordsOf = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"?|'([^']*)'?|[^\s"']+/g)].map(([whole, double, single]) => double ?? single ?? whole);

/** How well `typed` fits: its letters in order, the closer together and the nearer the start the better (lower). */
const distance = (typed: string, text: string): number | undefined => {
  let at = -1;
  let gaps = 0;
  for (const letter of typed.toLowerCase()) {
    const next = text.toLowerCase().indexOf(letter, at + 1);
    if (next < 0) return undefined;
    gaps += next - at - 1;
    at = next;
  }
  return gaps;
};

const score = (typed: string, { id, title, help }: Action<unknown>): number | undefined => {
  const near = [distance(typed, id), distance(typed, title)].filter(one => one !== undefined);
  if (near.length > 0) return Math.min(...near);
  // The help is prose: only whole words of it count, and last.
  return help.toLowerCase().includes(typed.toLowerCase()) ? 1000 : undefined;
};

/** The actions that the first word could mean, best first; the one alone that it names. */
export const candidates = (text: string): readonly Action<unknown>[] => {
  const [typed = ''] = wordsOf(text);
  const named = actions.get(typed);
  if (named && /^\S+\s/.test(text)) return [named];
  return [...actions.values()]
    .map(action => ({ action, score: score(typed, action) }))
    .filter((one): one is { action: Action<unknown>; score: number } => one.score !== undefined)
    .sort((a, b) => a.score - b.score)
    .map(({ action }) => action);
};

/** What the text asks for, once its first word is an action. */
export const requestOf = (text: string): Request | undefined => {
  const [action, ...words] = wordsOf(text);
  return action !== undefined && actions.has(action) ? { action, words } : undefined;
};

/** A guest as one word: its name, or its PID where that needs quotes. */
const wordFor = ({ name, pid }: GuestModel): string => (/^[\w.:@+-]+$/.test(name) ? name : String(pid));

/** The text with its action's name whole, and the selected guest where one comes next. */
export const completed = (action: Action<unknown>, guest: GuestModel | undefined): string =>
  action.usage === ''
    ? action.id
    : `${action.id} ${action.usage.startsWith('GUEST') && guest ? `${wordFor(guest)} ` : ''}`;
