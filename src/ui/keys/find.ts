import { listedGuests } from '../../store/listed.ts';
import { timeOf } from '../../store/moments.ts';
import type { State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { type App, change, type Key } from './key.ts';

/** Selects the next guest whose name contains the text: from the selected one on, or with `by` from its neighbour on. */
export const found = (state: State, text: string, by: 0 | 1 | -1): Partial<State> | undefined => {
  const guests = listedGuests(state);
  const wanted = text.toLowerCase();
  const from = guests.findIndex(({ id }) => id === state.selected);
  const step = by === 0 ? 1 : by;
  for (let passed = 0; passed < guests.length; passed++) {
    const index = (Math.max(0, from) + by + passed * step + 2 * guests.length) % guests.length;
    const guest = guests[index];
    if (guest && safe(guest.name).toLowerCase().includes(wanted)) return { selected: guest.id, selectedIndex: index };
  }
  return undefined;
};

const findAgain = (by: 1 | -1) => (app: App) =>
  change(app, state => {
    const text = state.search === '' ? state.filter : state.search;
    const tell = (told: string): Partial<State> => ({ message: { text: told, tone: 'warn', time: timeOf(state) } });
    if (text === '') return tell('Nothing to find yet: press F3 and type a part of a guest’s name.');
    return found(state, text, by) ?? tell(`No guest name contains '${text}'.`);
  });

const leave = (app: App): void => change(app, () => ({ searching: false }));

/** Keys that find a guest by its name, without hiding the others. */
export const searchKeys: readonly Key[] = [
  {
    modes: ['main'],
    names: ['f3'],
    label: 'F3',
    help: 'Find a guest: select the next one whose name contains the text you type. None is hidden.',
    run: app => change(app, () => ({ searching: true, search: '' })),
  },
  {
    modes: ['main'],
    names: ['n'],
    label: 'n',
    help: 'Find the next guest, by the text typed after F3 or /.',
    run: findAgain(1),
  },
  { modes: ['main'], names: ['N'], label: 'N', help: 'Find the previous guest.', run: findAgain(-1) },
  {
    modes: ['search'],
    names: ['f3', 'down'],
    label: 'F3',
    title: 'Next',
    help: 'Find the next one.',
    run: findAgain(1),
  },
  {
    modes: ['search'],
    names: ['up'],
    label: 'Up',
    title: 'Previous',
    help: 'Find the previous one.',
    run: findAgain(-1),
  },
  {
    modes: ['search'],
    names: ['enter', 'escape'],
    label: 'Enter',
    title: 'Done',
    help: 'Return to the table, with the guest selected.',
    run: leave,
  },
];
