import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/actions.ts';
import { findGuest, refuse, unreachable } from '../../../src/actions/guest/guest.ts';
import { derive, type GuestModel } from '../../../src/model.ts';
import type { GuestSample, MonitorSample } from '../../../src/sample.ts';
import { guest, sample } from '../../samples.ts';

const seen = (monitor: MonitorSample, more: Partial<GuestSample> = {}): GuestModel =>
  derive(undefined, sample({ guests: [guest({ monitor, ...more })] })).guests[0]!;

describe('why nothing can be asked of a guest', () => {
  const reason = 'kvmtop was told why';

  it.each<[MonitorSample['state'], RegExp]>([
    ['libvirt', /^its monitor belongs to libvirt$/],
    ['none', /^it has no monitor: /],
    ['denied', /run kvmtop as root$/],
    ['busy', /another client is connected, or QEMU hangs$/],
    ['bug', /which is a bug in kvmtop$/],
  ])('is told of a monitor that is %s: the reason that is known, else what it means', (state, words) => {
    expect(unreachable(seen({ state }))).toMatch(words);
    expect(unreachable(seen({ state, reason }))).toBe(reason);
  });

  it('is that it has not answered yet, whatever else is known', () => {
    expect(unreachable(seen({ state: 'unasked', reason }))).toMatch(/^its monitor has not answered yet/);
  });

  it('is none where it answers and has a balloon', () => {
    expect(unreachable(seen({ state: 'ok', balloon: { device: true } }))).toBeUndefined();
    expect(unreachable(seen({ state: 'ok', balloon: { device: false } }))).toMatch(
      /^it has no balloon device: start it/,
    );
    expect(unreachable(seen({ state: 'ok' }))).toMatch(/^it has no balloon device/);
  });
});

it('a guest is found by its name, its PID or its id, and not by a part of them', () => {
  const model = derive(undefined, sample({ guests: [guest({ id: '7.1', pid: 7, name: 'web-1' })] }));
  for (const word of ['web-1', '7', '7.1']) expect(findGuest(model, word).id).toBe('7.1');
  for (const word of ['web', '', '1', '7.']) expect(() => findGuest(model, word)).toThrow(`no guest '${word}'`);
});

it('a refusal does nothing, and nobody may overrule it', () => {
  const request = { action: 'balloon', words: ['web-1', '1G'] };
  expect(refuse(request, 'Shrink it', 'it is gone')).toEqual({
    request,
    subject: '',
    summary: 'Shrink it',
    steps: [],
    effect: [],
    warnings: [],
    refusal: { reason: 'it is gone', forceable: false },
  });
});

it('there is an action for each word of `do`, and each names itself', () => {
  expect([...actions].map(([id, action]) => [id, action.id])).toEqual([...actions.keys()].map(id => [id, id]));
});
