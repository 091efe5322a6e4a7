import type { SessionEvent } from '../session/events.ts';
import type { TicketEvent } from '../ticket/events.ts';
import { withoutTrace } from './event-trace.ts';
import { mintedOfRow, mintedRow } from './minted-row.ts';

/** Lifts an event's data from one schema number to the next. Pure. */
type Upcast = (data: Record<string, unknown>) => Record<string, unknown>;

/** The schema number that this release writes, and how each older one is lifted: `upcasts[n]` lifts `n + 1` to `n + 2`. */
export interface SchemaRow {
  readonly schema: number;
  readonly upcasts: readonly Upcast[];
}

type EventType = TicketEvent['type'] | SessionEvent['type'];

/** A row for each event type. */
export type SchemaTable = Readonly<Record<EventType, SchemaRow>>;

/** Every event type this release knows, in the words of the log. `expired` serves tickets and sessions alike. */
export const SCHEMAS: SchemaTable = {
  minted: { schema: 1, upcasts: [] },
  scanned: { schema: 1, upcasts: [] },
  contested: { schema: 1, upcasts: [] },
  confirmed: { schema: 1, upcasts: [] },
  accepted: { schema: 1, upcasts: [] },
  denied: { schema: 1, upcasts: [] },
  cancelled: { schema: 1, upcasts: [] },
  expired: { schema: 1, upcasts: [] },
  redeemed: { schema: 1, upcasts: [] },
  opened: { schema: 1, upcasts: [] },
  refreshed: { schema: 1, upcasts: [] },
  revoked: { schema: 1, upcasts: [] },
};

/** An event of a type or schema that this release does not know: its subject is read-only for this node. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema';
}

/** The schema number and the JSON text under which an event is written. */
export function encodeEvent(
  event: TicketEvent | SessionEvent,
  table: SchemaTable = SCHEMAS,
): { type: string; schema: number; data: string } {
  return {
    type: event.type,
    schema: table[event.type].schema,
    data: JSON.stringify(event.type === 'minted' ? mintedRow(event.data) : event.data),
  };
}

/**
 * Reads an event as this release knows it, lifting an older schema step by step.
 *
 * @throws {@link NewerSchema} where the type or the schema is from a later release.
 */
export function decodeEvent<E extends TicketEvent | SessionEvent>(
  stored: { readonly type: string; readonly schema: number; readonly data: string },
  table: SchemaTable = SCHEMAS,
): E {
  if (!Object.hasOwn(table, stored.type)) throw new NewerSchema(`unknown event ${stored.type}`);
  const row = table[stored.type as EventType];
  if (stored.schema > row.schema) throw new NewerSchema(`${stored.type} of schema ${stored.schema}`);
  const written = JSON.parse(stored.data) as Record<string, unknown>;
  let data = Array.isArray(written)
    ? (mintedOfRow(written) as unknown as typeof written)
    : withoutTrace(written);
  for (let schema = stored.schema; schema < row.schema; schema++)
    data = (row.upcasts[schema - 1] as Upcast)(data);
  return { type: stored.type, data } as E;
}

/** The highest head schema this release can fold further: a head above it is read-only here. */
export const HEAD_SCHEMA = 2;

/**
 * The head schema of what every release can fold. Schema 2 adds what decides who is told of a ticket's result, and whether
 * anyone is: a release that passes over that would tell too much.
 */
export const FIRST_HEAD_SCHEMA = 1;
