import type { Model } from '../../model.ts';
import { formatBytes, formatCount } from '../../units.ts';
import { type Line, type Span, span, type Tone } from '../line.ts';
import { chart } from '../parts/chart.ts';
import { type Draw, heading, labelled, pairs, spanNote } from './pane.ts';

const runWords: Readonly<Record<number, { readonly word: string; readonly tone: Tone }>> = {
  0: { word: 'stopped', tone: 'dim' },
  1: { word: 'running', tone: 'good' },
  2: { word: 'unmerged', tone: 'warn' },
};

/** Why KSM earns nothing, or what it does when it does; one sentence, by what the kernel's counters can mean. */
export const ksmVerdict = (model: Model): { readonly text: string; readonly tone: Tone } => {
  const host = model.host.values;
  const { ksm_run: run, ksm_pages_sharing: sharing, ksm_pages_unshared: unshared, ksm_pages_volatile: changing } = host;
  if (run === undefined) return { text: 'this kernel has no KSM (CONFIG_KSM)', tone: 'dim' };
  if (run === 2) return { text: 'unmerged on request: nothing is shared', tone: 'warn' };
  const merged = (sharing ?? 0) > 0;
  if (run === 0)
    return { text: merged ? 'off: what was merged stays, nothing new is' : 'off: nothing is merged', tone: 'dim' };
  const seen = (sharing ?? 0) + (unshared ?? 0) + (changing ?? 0) + (host.ksm_pages_shared ?? 0);
  if (host.ksm_scanned === 0)
    return seen === 0
      ? { text: 'idle: no process offers memory (QEMU: mem-merge=on, not hugetlb)', tone: 'warn' }
      : { text: 'idle: nothing was scanned since the last look', tone: 'dim' };
  if (!merged && host.ksm_full_scans === 0) return { text: 'first scan: nothing merged yet', tone: 'dim' };
  if (!merged) return { text: 'merges nothing: the guests’ pages differ', tone: 'warn' };
  if ((host.ksm_profit ?? 0) < 0) return { text: 'costs more than it saves: few pages are alike', tone: 'warn' };
  return { text: 'merging', tone: 'good' };
};

/** Page sharing: what it is doing, what it earns, and why not. */
export const ksmPane: Draw = canvas => {
  const { model, state, glyphs, width, height } = canvas;
  const host = model.host.values;
  const run = runWords[host.ksm_run ?? -1];
  const verdict = ksmVerdict(model);
  const advisor = model.sample.host.ksm?.['advisor_mode'];
  const scan: Span[] = [
    ...labelled('scan', formatBytes(host.ksm_scanned)),
    span(`/s of ${formatBytes(host.ksm_scan_ceiling)}/s`, 'dim'),
  ];
  const text: Line[] = [
    pairs(
      width,
      labelled('saved', formatBytes(host.ksm_saved), (host.ksm_saved ?? 0) > 0 ? 'strong' : 'text'),
      labelled('profit', formatBytes(host.ksm_profit), (host.ksm_profit ?? 0) < 0 ? 'warn' : 'text'),
      ...(width >= 46 ? [scan] : []),
    ),
    pairs(
      width,
      labelled('pages shared', formatCount(host.ksm_pages_shared)),
      labelled('sharing', formatCount(host.ksm_pages_sharing)),
      labelled('scans', formatCount(host.ksm_full_scans)),
    ),
    width >= 46 ? [span(verdict.text, verdict.tone)] : pairs(width, [span(verdict.text, verdict.tone)], scan),
    pairs(
      width,
      labelled('unshared', formatCount(host.ksm_pages_unshared)),
      labelled('volatile', formatCount(host.ksm_pages_volatile)),
      ...(typeof advisor === 'string' ? [labelled('advisor', advisor)] : []),
    ),
  ];
  if (host.ksm_run === undefined) return [heading('KSM', canvas), [span(verdict.text, verdict.tone)]];
  const room = height - 1 - text.length;
  const top = Math.max(0, ...state.history.ksm_saved.map(value => value ?? 0));
  const label = [span(`saved over time, top ${formatBytes(top)}  `, 'dim'), ...spanNote(canvas, room - 1)];
  const look = { width, height: room - 1, unit: 'bytes', tone: 'part2', glyphs } as const;
  const drawn = room >= 3 ? [label, ...chart(state.history.ksm_saved, look)] : [];
  return [heading('KSM', canvas, run ? [span(run.word, run.tone)] : []), ...text, ...drawn].slice(0, height);
};
