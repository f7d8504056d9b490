import type { Request } from '../../actions/action.ts';
import { plan } from '../../actions/actions.ts';
import { asTyped, describeRequest } from '../../actions/describe.ts';
import type { Limits } from '../../actions/limits.ts';
import { allGuests } from '../../guests.ts';
import { known } from '../../known.ts';
import type { GuestModel, Model } from '../../model.ts';
import type { Remark } from '../finding.ts';

/** A request as a finding's fix; where the guard rails refuse it now, it is advice, with their reason. */
export const offer = (
  model: Model,
  request: Request,
  { advice, guest, limits }: { readonly advice?: string; readonly guest?: GuestModel; readonly limits?: Limits } = {},
): Pick<Remark, 'fix' | 'advice'> => {
  // Where it is for one guest, the others need not be searched for it: there may be a thousand remarks.
  const { refusal } = plan(guest ? { ...model, guests: [guest] } : model, request, limits);
  if (!refusal) return { fix: request, ...known({ advice }) };
  return {
    advice: `“${describeRequest(asTyped(request, allGuests(model)))}” would help, but is refused: ${refusal.reason}.`,
  };
};
