import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findGuest, NoGuest } from '../src/actions/guest/guest.ts';
import { allGuests, guestById, guestsCalled, noGuestHere, selectGuests } from '../src/guests.ts';
import { derive } from '../src/model.ts';
import { stress } from '../src/policy/stress.ts';
import { guest, sample } from './samples.ts';

const named = (name: string, pid: number) => guest({ name, pid, id: `${pid}.1` });
const modelOf = (...guests: ReturnType<typeof guest>[]) => derive(undefined, sample({ guests }));
const idsCalled = (word: string, ...guests: ReturnType<typeof guest>[]) =>
  guestsCalled(guests, word).map(({ id }) => id);

const web = named('web-1', 7);
const twin = named('web-1', 8);

it('a guest is called by id, name or PID; several may have one name', () => {
  expect(idsCalled('7.1', web, twin)).toEqual(['7.1']);
  expect(idsCalled('8', web, twin)).toEqual(['8.1']);
  expect(idsCalled('web-1', web, twin)).toEqual(['7.1', '8.1']);
  expect(idsCalled('web', web, twin)).toEqual([]);
});

it('a name that can’t be typed is known as a screen shows it', () => {
  expect(idsCalled('db\ufffd[2J', named('db\u001b[2J', 9), web)).toEqual(['9.1']);
});

it('an id means its guest, whatever another is called', () => {
  expect(idsCalled('7.1', named('7.1', 9), web)).toEqual(['7.1']);
  expect(findGuest(modelOf(named('7.1', 9), web), '7.1').id).toBe('7.1');
});

it('a PID means its guest, whatever another is called; that one is found by its own', () => {
  const model = modelOf(named('7', 9), web);
  expect(findGuest(model, '7').id).toBe('7.1');
  expect(findGuest(model, '9').id).toBe('9.1');
  expect(findGuest(model, '9.1').id).toBe('9.1');
});

it('of several with one name none is meant, and each is found by what the message offers', () => {
  const model = modelOf(web, twin);
  expect(() => findGuest(model, 'web-1')).toThrow("2 guests are named 'web-1': use a PID (7, 8)");
  expect(['7', '8'].map(pid => findGuest(model, pid).id)).toEqual(['7.1', '8.1']);
});

it('an id finds its guest, however hostile the names of others are', () => {
  const ids = fc.constantFrom('7.1', '8.1', '7', '8', '-x', '__proto__', 'web-1', '');
  fc.assert(
    fc.property(ids, ids, (one, other) => {
      const model = modelOf(named(one, 7), named(other, 8));
      expect(findGuest(model, '7.1').pid).toBe(7);
      expect(findGuest(model, '8.1').pid).toBe(8);
      expect(findGuest(model, '7').pid).toBe(7);
    }),
  );
});

it('a word that is no guest is told with those that there are', () => {
  expect(noGuestHere([web], 'we\u001bb')).toBe("no guest 'we\ufffdb' here: there are web-1");
  expect(noGuestHere([], 'web-1')).toBe("no guest 'web-1' here: no guest runs at all");
  expect(() => findGuest(modelOf(), 'web-1')).toThrow(NoGuest);
});

it('those that -p does not choose are kept apart, and counted where the whole host is meant', () => {
  const model = modelOf(web, twin, named('db', 9));
  const chosen = selectGuests(model, ['7', 'db']);
  expect(chosen.guests.map(({ pid }) => pid)).toEqual([7, 9]);
  expect(chosen.others?.map(({ pid }) => pid)).toEqual([8]);
  expect(allGuests(chosen)).toHaveLength(3);
  expect(selectGuests(model, [])).toBe(model);
  // What all guests of the host may claim does not depend on who is looked at.
  expect(stress(chosen).unknown).toHaveLength(stress(model).unknown.length);
});

it('is found by its id, or not at all', () => {
  expect(guestById(modelOf(web, twin), '8.1')?.pid).toBe(8);
  expect(guestById(modelOf(web), undefined)).toBeUndefined();
  expect(guestById(undefined, '8.1')).toBeUndefined();
});
