import { textsFor } from './languages/choice.ts';
import type { Texts } from './languages/texts.ts';
import { isAsking, type SignInState } from './sign-in-state.ts';

/** A state in a few words. */
export function titleOf(state: SignInState, texts: Texts): string {
  if (isAsking(state)) return texts.ask;
  return state.status === 'redeemed' ? texts.confirmed : texts[state.status];
}

/** What a state means for whoever looks at it. */
export function detailOf(state: SignInState, texts: Texts): string {
  const asks = state.status === 'scanned' || isAsking(state);
  return (asks && state.notice?.second_phone ? texts.twoPhones : '') + meaningOf(state, texts);
}

function meaningOf(state: SignInState, texts: Texts): string {
  const name = state.notice?.scanner?.name;
  if (isAsking(state)) return texts.askDetail.replace('%s', () => isolated(name ?? texts.somebody));
  switch (state.status) {
    case 'starting':
      return '';
    case 'scanned':
      if (state.notice?.number) return texts.number;
      return (name ? texts.scannedBy.replace('%s', () => isolated(name)) : '') + texts.scannedDetail;
    case 'redeemed':
      return '';
    case 'failed':
      return failure(state, texts);
    case 'confirmed':
      return state.notice?.same_device ? texts.confirmedReturn : texts.confirmedDetail;
    case 'denied':
      return state.notice?.reason === 'risk' ? texts.deniedForRisk : texts.deniedDetail;
    case 'pending':
    case 'expired':
    case 'cancelled':
      return texts[`${state.status}Detail`];
  }
}

/** A name whose direction does not turn the sentence around it (FSI and PDI, Unicode UAX 9). */
function isolated(name: string): string {
  return '\u2068' + name + '\u2069';
}

function failure({ problem }: SignInState, texts: Texts): string {
  if (problem?.code === 'origin_refused') return texts.originDetail.replace('%s', problem.detail ?? '');
  if (problem?.code === 'blocked_by_page') return texts.blockedDetail.replace('%s', problem.detail ?? '');
  return texts.failedDetail.replace('%s', problem?.detail ?? problem?.title ?? problem?.code ?? '');
}

/** Tells the developer on the console why a sign-in is not possible; other states are no news there. */
export function complain(state: SignInState): void {
  if (state.status !== 'failed' || typeof console === 'undefined') return;
  const texts = textsFor('en');
  const { field, sent } = state.problem ?? {};
  const where =
    field === undefined ? '' : ' (' + field + (sent === undefined ? '' : ': ' + JSON.stringify(sent)) + ')';
  console.error('Scangate: ' + titleOf(state, texts) + '. ' + detailOf(state, texts) + where);
}
