import type { Request } from '../../actions/action.ts';
import { ksmSettings } from '../../actions/ksm/settings.ts';
import type { Model } from '../../model.ts';
import { own } from '../../own.ts';

// The numbers of ksmtuned and of MOM's ksm.rules, in pages that ksmd looks at before it sleeps.

const boost = 300;
const decay = 50;
const fewest = 64;
const most = 1250;

/** How many pages a round ksmtuned would have ksmd look at next: more where memory is short, else less. */
export const nextPages = (now: number, short: boolean): number =>
  Math.min(most, Math.max(fewest, short ? now + boost : now - decay));

/** Settings of KSM that differ from what they are: one request, or none. Those that the kernel lacks or locks are left out. */
export const ksmRequest = (model: Model, wanted: Readonly<Record<string, number>>): Request | undefined => {
  const now = model.sample.host.ksm ?? {};
  const words = Object.entries(wanted).flatMap(([name, value]) =>
    own(now, name) === undefined || own(now, name) === value || own(ksmSettings, name)?.locked?.(now) !== undefined
      ? []
      : [name, String(value)],
  );
  return words.length === 0 ? undefined : { action: 'ksm-set', words };
};
