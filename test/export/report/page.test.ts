import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PageAssets } from '../../../src/export/report/document.ts';
import { gather } from '../../../src/export/report/gather.ts';
import { escapeHtml, scriptJson } from '../../../src/export/report/html.ts';
import { reportPage } from '../../../src/export/report/page.ts';
import type { PageData } from '../../../src/export/report/page-data.ts';
import type { TapeEvent } from '../../../src/recording/tape.ts';
import { RecordingError } from '../../../src/recording/tape.ts';
import type { Sample } from '../../../src/sample.ts';
import { guest, sample } from '../../samples.ts';
import { begin, demoDelay, demoPause, demoSamples, tapeOf } from './tapes.ts';

const assets: PageAssets = { script: 'run()', styles: 'p{}' };
const options = { offset: 0, version: '1.2.3', made: begin };

const pageOf = (samples: readonly Sample[], events: readonly TapeEvent[] = [], broken?: ReadonlySet<number>): string =>
  reportPage(gather(tapeOf(samples, events, broken), 0, samples.length - 1), options, assets);

/** As a browser finds it: what ends the element ends the text. */
const dataOf = (page: string): PageData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script/is.exec(page)?.[1] ?? '');

/** Tags of a page, without what their attributes say. */
const tagsOf = (page: string): string[] => [...page.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([tag]) => tag);

/** What a browser shows of an escaped text. */
const shown = (html: string): string =>
  html.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name] ?? '',
  );

describe('untrusted text', () => {
  test('is escaped so that it shows as it is, less what could steer', () => {
    expect(escapeHtml(`<b class="x" id='y'>&amp;`)).toBe('&lt;b class=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const html = escapeHtml(text);
        expect(html).not.toMatch(/[<>"'\u0000-\u001f\u202e]/);
        expect(escapeHtml(shown(html))).toBe(html);
      }),
    );
  });

  test('in JSON neither ends its element nor begins a comment, and parses back', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('</script>', '<!--', ']]>', '\u2028'));
    fc.assert(
      fc.property(fc.array(text), texts => {
        const json = scriptJson(texts);
        expect(json).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(texts)));
      }),
    );
  });

  test('adds no element, wherever it stands', () => {
    const withText = (text: string): string =>
      pageOf(
        [0, 1].map(time =>
          sample({
            time: begin + time,
            monotonic: time,
            host: { hostname: text, kernel: text, meminfo: { MemTotal: 4096 } },
            guests: time === 0 ? [] : [guest({ name: text })],
          }),
        ),
        (['action', 'finding', 'outcome', 'policy'] as const).map(kind => ({
          time: begin,
          kind,
          subject: text,
          text,
          data: { user: text, by: text, outcome: text, error: text, severity: text },
        })),
      );
    const tags = tagsOf(withText('plain'));
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom(
        '</script><img src=x onerror=alert(1)>',
        '"><svg onload=alert(1)>',
        '<!--',
        "'-->",
        '</title><b>',
      ),
    );
    fc.assert(
      fc.property(hostile, text => {
        const page = withText(text);
        expect(tagsOf(page)).toEqual(tags);
        expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the page', () => {
  test('asks for nothing from elsewhere, and lets only its own texts run', () => {
    const page = pageOf([sample({ time: begin })]);
    // printf 'run()' | openssl sha256 -binary | base64
    const run = 'sha256-AvyuiL0SD1mVY3NNxR+V2uo+lhk6RMFrytWmRt6CrJQ=';
    expect(page).toContain(`content="default-src 'none'; script-src '${run}'; style-src 'sha256-`);
    expect(page).not.toMatch(/unsafe-|\bsrc=|\bhref=|https?:|\sstyle=|\son[a-z]+=/);
  });

  test('has no plot of what is not in the recording, and says so', () => {
    const page = pageOf([sample({ time: begin, host: { meminfo: { MemTotal: 4096, MemFree: 4096 } } })]);
    expect(page).toContain('data-plot="ledger"');
    expect(page).not.toContain('data-plot="ksm"');
    expect(page).toContain('Not in this recording: Available memory and used swap, Swapped in and out,');
  });

  test('has a table of changes with who, what and the outcome', () => {
    const page = pageOf(
      [0, 1, 2].map(time => sample({ time: begin + time, monotonic: time })),
      [
        {
          time: begin + 1,
          kind: 'action',
          subject: 'web-1',
          text: 'balloon web-1 to 2.00 GiB',
          data: { user: 'anna', by: 'do', summary: 'balloon to 2G', outcome: 'failed', error: 'QEMU refused' },
        },
      ],
    );
    expect(page).toMatch(
      /<td>anna, by kvmtop do<\/td><td>web-1<\/td><td>balloon to 2G<\/td><td class="bad">failed: QEMU refused<\/td>/,
    );
  });

  test('tells days where a time of day would not say which', () => {
    const late = [0, 86_400].map(time => sample({ time: begin + time, monotonic: time }));
    expect(pageOf(late)).toMatch(/>Tue 24 Nov, 02:00:00<\/button>/);
    expect(pageOf(late.slice(0, 1))).toMatch(/>02:00:00<\/button>/);
  });
});

describe('what is plotted', () => {
  test('is the recording: values in their places, gaps where samples are missing, guests while they were there', async () => {
    const samples = await demoSamples(120);
    const data = dataOf(pageOf(samples));
    expect(data.times).toHaveLength(121);
    const gap = data.times.indexOf(begin + 60 * demoDelay + demoPause / 2);
    expect(gap).toBe(61);

    const memory = data.plots['memory'];
    const available = memory?.lines[0]?.values ?? [];
    expect(available[gap]).toBeNull();
    for (const at of [0, 60, 62, 120]) {
      const source = samples[at > gap ? at - 1 : at];
      const bytes = source?.host.meminfo?.['MemAvailable'] ?? Number.NaN;
      expect(data.times[at]).toBe(source?.time);
      expect((available[at] ?? 0) * (memory?.scale ?? 0)).toBeCloseTo(bytes, -7);
    }
    // The first sample has no rate.
    expect(data.plots['swap']?.lines[0]?.values[0]).toBeNull();
    expect(data.plots['swap']?.lines[0]?.values[1]).not.toBeNull();

    const job = samples.at(-1)?.guests.find(({ id }) => !samples[0]?.guests.some(other => other.id === id));
    const first = samples.findIndex(one => one.guests.some(({ id }) => id === job?.id));
    const plot = data.plots[`guest-${job?.id}`];
    expect(plot?.from).toBe(first > 60 ? first + 1 : first);
    expect(plot?.lines[0]?.values.at(-1)).toBe((job?.launch.size ?? 0) / 1024 ** 2);
  });

  test('a sample that can’t be read is left out and counted; a tape without any that can is an error', () => {
    const samples = [0, 1, 2, 3].map(time => sample({ time: begin + time, monotonic: time }));
    const page = pageOf(samples, [], new Set([2]));
    expect(dataOf(page).times).toEqual([begin, begin + 1, begin + 3]);
    expect(page).toContain('1 sample, left out');
    expect(() => pageOf(samples, [], new Set([0, 1, 2, 3]))).toThrow(RecordingError);
  });

  test('times ascend though the clock was set back', () => {
    const times = [0, 1, 2, -50, -49, 3, 4].map(time => begin + time);
    const page = pageOf(times.map((time, monotonic) => sample({ time, monotonic })));
    expect(dataOf(page).times).toEqual([0, 1, 2, 3, 4].map(time => begin + time));
    expect(page).toContain('2 samples, not plotted');
  });
});
