import type { ToldEntry } from '../../record/chain/entry-text.ts';
import { counted } from '../counted.ts';

/** One entry as a line of a table. */
export function entryLine(told: ToldEntry): string {
  const what = [
    told.reason,
    told.count === undefined ? undefined : counted(told.count, 'time'),
    told.from === undefined ? undefined : `partition ${told.partition}, from ${told.from} to ${told.to}`,
    told.superseded === undefined
      ? undefined
      : `a failover took back ${told.superseded.kind} ${told.superseded.id}`,
    told.ended === undefined ? undefined : `${told.ended} ended`,
    told.entries === undefined ? undefined : `${counted(told.entries, 'entry', 'entries')} forgotten`,
    told.since === undefined ? undefined : `since ${told.since}`,
    told.before === undefined ? undefined : `before ${told.before}`,
    told.user === undefined ? undefined : `by ${told.user} (${told.source})`,
    told.client_id === undefined ? undefined : `for ${told.client_id}`,
    told.address === undefined ? undefined : `from ${placeOf(told)}`,
    told.browser?.address === undefined ? undefined : `browser at ${placeOf(told.browser)}`,
    told.ticket_id === undefined ? undefined : `ticket ${told.ticket_id}`,
    told.session_id === undefined ? undefined : `session ${told.session_id}`,
    told.erased === true ? 'erased' : undefined,
  ];
  const parts = what.filter((part) => part !== undefined).map(printable);
  return `${told.at}  ${told.id}  ${printable(told.kind).padEnd(14)} ${parts.join(', ')}`.trimEnd();
}

function placeOf({ address = '', place }: { readonly address?: string; readonly place?: string }): string {
  return place === undefined ? address : `${address} (${place})`;
}

// What came from outside may hold control characters, which a terminal would obey.
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '').slice(0, 120);
}
