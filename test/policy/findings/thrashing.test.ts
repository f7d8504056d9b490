import { describe, expect, it } from 'vitest';
import { balloonStuck, guestThrashing } from '../../../src/policy/findings/guest-thrashing.ts';
import { thrashing } from '../../../src/policy/findings/thrash.ts';
import { defaultThresholds } from '../../../src/policy/thresholds.ts';
import type { GuestSample } from '../../../src/sample.ts';
import { GiB, KiB, MiB } from '../../../src/units.ts';
import { hostWith, idleHost, line, remark, remarks, thrashes, well } from './looks.ts';

const signsOf = (one: GuestSample, stands = false) => thrashing(idleHost([one]).guests[0]!, defaultThresholds, stands);
const wordsOf = (one: GuestSample, stands = false): string | undefined => signsOf(one, stands)?.words;

/** It has 3 GiB; of these are available so many bytes, and in two seconds it swapped in and faulted so much. */
const guest = (
  available: number,
  {
    swapped = 0,
    faults = 0,
    ...change
  }: { readonly swapped?: number; readonly faults?: number } & Parameters<typeof well>[0] = {},
): GuestSample =>
  well({
    stats: {
      'stat-available-memory': available,
      'stat-free-memory': 0,
      'stat-swap-in': swapped,
      'stat-major-faults': 100 + faults,
    },
    ...change,
  });

/** 8 % and 16 % of 3 GiB. */
const [little, rather] = [257_698_037, 515_396_075];

describe('a guest lacks memory', () => {
  it('that reads its swap faster than the limit, whatever it has available', () => {
    expect(wordsOf(guest(2 * GiB, { swapped: 128 * KiB }))).toBeUndefined();
    expect(wordsOf(guest(2 * GiB, { swapped: 129 * KiB }))).toBe('reads 64.5 KiB/s from its own swap');
    expect(wordsOf(guest(2 * GiB, { swapped: 103 * KiB }), true)).toBe('reads 51.5 KiB/s from its own swap');
    expect(wordsOf(guest(2 * GiB, { swapped: 102 * KiB }), true)).toBeUndefined();
  });

  it('that has less than 8 % of its memory available', () => {
    expect(wordsOf(guest(little))).toBe('has 246 MiB of 3.00 GiB available');
    expect(wordsOf(guest(little + 1))).toBeUndefined();
    expect(wordsOf(guest(1.19 * little), true)).toBe('has 292 MiB of 3.00 GiB available');
    expect(wordsOf(guest(1.21 * little), true)).toBeUndefined();
  });

  it('that has major faults, where it has little available or swaps, too: a start has many', () => {
    expect(wordsOf(guest(rather, { faults: 101 }))).toBe(
      'has 50.5 major faults a second, has 492 MiB of 3.00 GiB available',
    );
    expect(wordsOf(guest(rather, { faults: 100 }))).toBeUndefined();
    expect(wordsOf(guest(rather + 1, { faults: 101 }))).toBeUndefined();
    expect(wordsOf(guest(2 * GiB, { faults: 200, swapped: 4 * MiB }))).toBe(
      'reads 2.00 MiB/s from its own swap, has 100 major faults a second',
    );
    expect(wordsOf(guest(rather, { faults: 82 }), true)).toMatch(/^has 41 major faults/);
    expect(wordsOf(guest(rather, { faults: 80 }), true)).toBeUndefined();
  });

  it('that fell silent with little available, though it is asked', () => {
    expect(wordsOf(guest(rather, { age: 11 }))).toBe(
      'last reported 11s ago, as a guest does that thrashes, and then it had 492 MiB of 3.00 GiB available',
    );
    expect(wordsOf(guest(rather, { age: 10 }))).toBeUndefined();
    expect(wordsOf(guest(rather + 1, { age: 11 }))).toBeUndefined();
    expect(wordsOf(guest(rather, { age: 11, balloon: { pollingInterval: 0 } }))).toBeUndefined();
  });

  it('that did when somebody last asked; it does not say that this is now', () => {
    const old = guest(200 * MiB, { swapped: 4 * MiB, faults: 200, age: 90, balloon: { pollingInterval: 0 } });
    expect(wordsOf(old)).toBe(
      'last reported 1m30 ago, and then it read 2.00 MiB/s from its own swap, had 100 major faults a second, had 200 MiB of 3.00 GiB available',
    );
  });

  it('and waits for its disk, or is about to', () => {
    expect(signsOf(guest(little))?.waits).toBe(false);
    expect(signsOf(guest(2 * GiB, { swapped: 4 * MiB }))?.waits).toBe(true);
    expect(signsOf(guest(little, { faults: 200 }))?.waits).toBe(true);
  });

  it('by the numbers that are told along', () => {
    expect(signsOf(guest(200 * MiB, { swapped: 4 * MiB, faults: 200 }))?.numbers).toEqual({
      guest_swap_in: 2 * MiB,
      guest_major_faults: 100,
      guest_available: 200 * MiB,
      balloon_actual: 3 * GiB,
      stats_age: 1,
    });
  });

  it('by what it has itself where its monitor does not tell its size, and by nothing where nobody does', () => {
    const { size: _size, ...launch } = well().launch;
    const sizeless = (total: number): GuestSample => {
      const one = guest(200 * MiB);
      const { memory: _memory, balloon, ...monitor } = one.monitor;
      const { actual: _actual, ...rest } = balloon!;
      const stats = { ...rest.stats!, values: { ...rest.stats!.values, 'stat-total-memory': total } };
      return { ...one, launch, monitor: { ...monitor, balloon: { ...rest, stats } } };
    };
    expect(wordsOf(sizeless(3 * GiB))).toBe('has 200 MiB of 3.00 GiB available');
    expect(wordsOf(sizeless(2 * GiB))).toBeUndefined();
    expect(wordsOf(sizeless(0))).toBeUndefined();
  });

  it('not while it is paused, or its monitor does not answer', () => {
    expect(wordsOf(well({ ...thrashes, monitor: { status: 'paused' } }))).toBeUndefined();
    expect(wordsOf(well({ ...thrashes, monitor: { state: 'busy' } }))).toBeUndefined();
  });
});

describe('a guest that lacks memory', () => {
  /** Of 25 GiB RAM 5 are in pools, so 2.4 GiB must stay available: what the host has beyond that may be given. */
  const kept = 2_576_980_378;
  const withRoom = (bytes: number, one = well(thrashes)) =>
    hostWith({ MemTotal: 25 * GiB, Hugetlb: 5 * GiB, MemAvailable: kept + bytes }, [one]);

  it('is given by its balloon what the host has room for, from 64 MiB on', () => {
    const said = remark(balloonStuck, [withRoom(64 * MiB)]);
    expect(said).toMatchObject({ subject: 'web-1', guest: '100.5000', severity: 'critical' });
    expect(said.text).toBe(
      'Its balloon withholds 1.00 GiB while it lacks memory: it reads 2.00 MiB/s from its own swap, has 200 MiB of 3.00 GiB available. The host has 2.46 GiB available, enough to give 64.0 MiB back.',
    );
    expect(said.numbers).toEqual({
      guest_swap_in: 2 * MiB,
      guest_major_faults: 0,
      guest_available: 200 * MiB,
      balloon_actual: 3 * GiB,
      stats_age: 1,
      mem_available_with_arc: kept + 64 * MiB,
    });
    expect(line(said)).toBe(`balloon 100.5000 ${3136 * MiB}B`);
    expect(line(remark(balloonStuck, [withRoom(65 * MiB - 1)]))).toBe(`balloon 100.5000 ${3136 * MiB}B`);
    expect(remarks(guestThrashing, [withRoom(64 * MiB)])).toEqual([]);
  });

  it('is given back no less than 64 MiB: that changes nothing', () => {
    const holding = (bytes: number) => withRoom(2 * GiB, well({ ...thrashes, balloon: { actual: 4 * GiB - bytes } }));
    expect(line(remark(balloonStuck, [holding(64 * MiB)]))).toBe('balloon 100.5000 max');
    expect(remarks(balloonStuck, [holding(64 * MiB - 1)])).toEqual([]);
    expect(remark(guestThrashing, [holding(64 * MiB - 1)]).severity).toBe('warning');
  });

  it('is given all from where there is room for all', () => {
    expect(line(remark(balloonStuck, [withRoom(GiB)]))).toBe('balloon 100.5000 max');
    expect(remark(balloonStuck, [withRoom(GiB)]).text).toMatch(/The host has 3\.40 GiB available\.$/);
    expect(line(remark(balloonStuck, [withRoom(GiB - MiB)]))).toBe(`balloon 100.5000 ${4095 * MiB}B`);
  });

  it('is a warning while it does not wait for its disk', () => {
    expect(remark(balloonStuck, [withRoom(GiB, guest(little))]).severity).toBe('warning');
  });

  it('is told with what else would help where the host has no room', () => {
    const said = remark(guestThrashing, [withRoom(64 * MiB - 1)]);
    expect(remarks(balloonStuck, [withRoom(64 * MiB - 1)])).toEqual([]);
    expect(said).toMatchObject({
      subject: 'web-1',
      guest: '100.5000',
      severity: 'warning',
      text: 'It lacks memory: it reads 2.00 MiB/s from its own swap, has 200 MiB of 3.00 GiB available.',
      numbers: { guest_swap_in: 2 * MiB, guest_available: 200 * MiB, balloon_actual: 3 * GiB },
    });
    expect(said.advice).toMatch(/^The host has no room to deflate its balloon/);
    expect(remark(guestThrashing, [withRoom(0, guest(little))]).severity).toBe('notice');
  });

  it('is told what it could have where its balloon withholds next to nothing', () => {
    const holding = (bytes: number) => well({ ...thrashes, balloon: { actual: 4 * GiB - bytes } });
    const adviceOf = (one: GuestSample): string | undefined => remark(guestThrashing, [withRoom(0, one)]).advice;
    expect(adviceOf(holding(64 * MiB))).toMatch(/^The host has no room/);
    expect(adviceOf(holding(64 * MiB - 1))).toBe('It has all of its memory: start it with more, or have it run less.');
    const plugged = (bytes: number): GuestSample =>
      well({
        ...thrashes,
        balloon: { actual: 4 * GiB },
        monitor: {
          memory: { 'base-memory': 4 * GiB, 'plugged-memory': bytes },
          memoryDevices: [{ type: 'virtio-mem', values: { size: bytes, 'max-size': 8 * GiB } }],
        },
      });
    expect(adviceOf(plugged(2 * GiB))).toBe(
      'It has all that its balloon can give: virtio-mem could plug 6.00 GiB more.',
    );
    expect(adviceOf(plugged(8 * GiB))).toMatch(/^It has all of its memory/);
  });

  it('stands while its numbers are within a fifth of the limit', () => {
    const near = guest(1.1 * little);
    expect(remarks(guestThrashing, [withRoom(0, near)])).toEqual([]);
    expect(remarks(guestThrashing, [withRoom(0, near)], { stands: true })).toHaveLength(1);
  });
});
