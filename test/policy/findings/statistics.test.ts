import { describe, expect, it } from 'vitest';
import { monitorsBusy, monitorsSlow } from '../../../src/policy/findings/monitors.ts';
import { driverMissing, statisticsFrozen, statisticsOff } from '../../../src/policy/findings/statistics.ts';
import { defaultThresholds } from '../../../src/policy/thresholds.ts';
import type { GuestSample } from '../../../src/sample.ts';
import { idleHost, line, remark, remarks, start, well } from './looks.ts';

/** A guest whose driver has never reported. */
const mute = (): GuestSample => {
  const one = well();
  const { stats: _stats, earlier: _earlier, ...balloon } = one.monitor.balloon!;
  return { ...one, monitor: { ...one.monitor, balloon } };
};

const allOf = (model: ReturnType<typeof idleHost>) =>
  [statisticsOff, driverMissing, statisticsFrozen].flatMap(rule => remarks(rule, [model]).map(() => rule.id));

describe('a guest’s own statistics', () => {
  it('that nobody asks for are turned on', () => {
    const said = remark(statisticsOff, [idleHost([well({ balloon: { pollingInterval: 0 } })])]);
    expect(said.text).toBe(
      'Nobody asks for its statistics (polling interval 0): what it uses was last told 1s ago, so no size is known to be safe for its balloon.',
    );
    expect(line(said)).toBe('polling 100.5000 2');
    const never = { ...mute().monitor.balloon!, pollingInterval: 0 };
    const unknown = idleHost([{ ...mute(), monitor: { ...mute().monitor, balloon: never } }]);
    expect(remark(statisticsOff, [unknown]).text).toMatch(/what it uses is unknown/);
  });

  it('that never came are the driver’s', () => {
    const said = remark(driverMissing, [idleHost([mute()])]);
    expect(said).toMatchObject({ severity: 'notice', subject: 'web-1' });
    expect(said.advice).toMatch(/modprobe virtio_balloon/);
  });

  it('that have no number in them are the driver’s, too', () => {
    const one = well({ balloon: { stats: { lastUpdate: start - 1, values: {} } } });
    const said = remark(driverMissing, [idleHost([one])]);
    expect(said.text).toBe('Its balloon driver answers, but without a number: what it uses is unknown.');
    expect(said.advice).toMatch(/Windows/);
  });

  it('that are dated in the future are of unknown age', () => {
    const said = remark(statisticsFrozen, [idleHost([well({ age: -7200 })])]);
    expect(said.text).toMatch(/^Its last report is dated in the future, so its age is unknown/);
    expect(allOf(idleHost([well({ age: -2 })]))).toEqual([]);
  });

  it('that stopped and told nothing are not said to be shown', () => {
    const one = well({ balloon: { stats: { lastUpdate: start - 95, values: {} } } });
    expect(remark(statisticsFrozen, [idleHost([one])]).text).not.toMatch(/from then/);
    expect(allOf(idleHost([one]))).toEqual(['statistics-frozen']);
    expect(remark(statisticsFrozen, [idleHost([well({ age: 95 })])]).text).toMatch(/is from then\.$/);
  });

  it('that stopped are told with their age', () => {
    const said = remark(statisticsFrozen, [idleHost([well({ age: 95 })])]);
    expect(said.severity).toBe('warning');
    expect(said.text).toMatch(/^It last reported its memory 1m35 ago, though it is asked every 2s/);
  });

  it('are as old as the operator lets them be', () => {
    const limits = { ...defaultThresholds.limits, staleSeconds: 120 };
    expect(
      remarks(statisticsFrozen, [idleHost([well({ age: 95 })])], { thresholds: { ...defaultThresholds, limits } }),
    ).toEqual([]);
  });

  it('are one finding each, and none of a guest that does well, is paused, or has no balloon', () => {
    expect(allOf(idleHost([well({ balloon: { pollingInterval: 0 }, age: 95 })]))).toEqual(['statistics-off']);
    expect(allOf(idleHost([mute()]))).toEqual(['driver-missing']);
    expect(allOf(idleHost([well({ age: 95 })]))).toEqual(['statistics-frozen']);
    const none = { ...well(), monitor: { ...well().monitor, balloon: { device: false } } };
    const paused = well({ age: 95, monitor: { status: 'paused' } });
    const busy = well({ age: 95, monitor: { state: 'busy' } });
    const odd = { ...well(), monitor: { ...well().monitor, balloon: { device: false, pollingInterval: 0 } } };
    expect(allOf(idleHost([well(), none, paused, busy, odd]))).toEqual([]);
  });
});

const many = (count: number, change: (index: number) => Parameters<typeof well>[0]): readonly GuestSample[] =>
  Array.from({ length: count }, (_, index) => well({ id: `${100 + index}.1`, name: `web-${index}`, ...change(index) }));

describe('monitors', () => {
  it('that do not answer are counted and named', () => {
    const silent = { state: 'busy', time: start - 75 } as const;
    const some = idleHost(many(12, index => (index < 2 ? { monitor: silent } : {})));
    expect(remark(monitorsBusy, [some])).toMatchObject({
      severity: 'notice',
      text: '2 monitors of 12 do not answer, one for 1m15: web-0 and web-1. What is shown of their guests is from before.',
    });
    const most = idleHost(many(12, index => (index < 6 ? { monitor: silent } : {})));
    expect(remark(monitorsBusy, [most])).toMatchObject({
      severity: 'warning',
      text: expect.stringMatching(/web-0, web-1, web-2, web-3 and 2 more/),
    });
    expect(remarks(monitorsBusy, [idleHost(many(12, () => ({})))])).toEqual([]);
  });

  it('are too many where half of the answers are old', () => {
    const slow = idleHost(many(40, index => ({ monitor: { time: start - index } })));
    expect(remark(monitorsSlow, [slow]).text).toMatch(/^Half of the 40 guests have not answered for 20s or longer/);
    const one = idleHost(many(40, index => ({ monitor: { time: index === 0 ? start - 60 : start } })));
    expect(remarks(monitorsSlow, [one])).toEqual([]);
    // Nobody asks a QEMU that was stopped by a signal.
    const stopped = many(40, index => ({ monitor: { time: index < 20 ? start : start - 60 } })).map((guest, index) =>
      index < 20 ? guest : { ...guest, process: { ...guest.process, state: 'T' } },
    );
    expect(remarks(monitorsSlow, [idleHost(stopped)])).toEqual([]);
    expect(remarks(monitorsSlow, [idleHost()])).toEqual([]);
  });
});
