import type { SortableId } from '../ids/sortable-id.ts';

/** A device as a reviewer sees it. */
export interface SeenDevice {
  readonly address?: string;
  readonly agent?: string;
  readonly place?: string;
}

/** What of an audit event tells of a person. It is sealed, so that it can be forgotten. */
export interface Personal extends SeenDevice {
  /** The subject, as its source names the user. */
  readonly user?: string;
  readonly source?: string;
  readonly issuer?: string;
  readonly name?: string;
  /** The browser that waited, where it was the phone that acted. */
  readonly browser?: SeenDevice;
}

/** See `chain/signed-head.ts`. */
export interface HeadFact {
  readonly chain: number;
  readonly link: number;
  readonly hash: string;
  readonly kid: string;
  readonly signature: string;
}

/** See `chain/signed-head.ts`. */
export interface KeyFact {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** See `chain/signed-key.ts`. */
export interface VouchFact {
  readonly kid: string;
  readonly signature: string;
}

/** What a failover took back: an entry's id, in decimal, and its kind. */
export interface SupersededFact {
  readonly id: string;
  readonly kind: string;
}

/** What of an audit event tells of no person. */
export interface Facts {
  /**
   * The log's word for what happened to a ticket or a session (`minted`, `confirmed`, `opened`, …), or the name of a security
   * event, of an operator's command, of a change.
   */
  readonly kind: string;
  readonly ticket_id?: string;
  readonly session_id?: string;
  readonly client_id?: string;
  readonly reason?: string;
  /** How often, where several were counted as one. */
  readonly count?: number;
  /** Of the kind `gap`: the partition whose events are missing, and between which instants they were written, in ISO 8601. */
  readonly partition?: number;
  readonly from?: string;
  readonly to?: string;
  /** Of an operator's revocation: what began then or later was asked for, an instant in ISO 8601. */
  readonly since?: string;
  /** Of an operator's revocation: what began earlier than that. */
  readonly before?: string;
  /** Of an operator's revocation, and of a forgetting: how many sessions and tickets it ended. */
  readonly ended?: number;
  /** Of an operator's forgetting: how many entries tell of nobody since. */
  readonly entries?: number;
  /** The cursor of the log's event. */
  readonly cursor?: string;
  /** Of the kind `superseded`: the entry of the event that a failover took back; `cursor` is that one's. */
  readonly superseded?: SupersededFact;
  /** Of the kind `head`: where the chain stood, signed. */
  readonly head?: HeadFact;
  /** Of the kind `record_key`: a key that signs heads, as it is published. */
  readonly key?: KeyFact;
  /** Of the kind `record_key`: the key that signed heads then says that this one is the gateway's. */
  readonly vouch?: VouchFact;
}

/** One audit event: one thing that a reviewer asks about. It never holds a secret. */
export interface Entry {
  readonly id: SortableId;
  readonly facts: Facts;
  readonly personal: Personal;
}

/** What an event is searched by. */
export const COLUMN_NAMES = ['ticket', 'session', 'user', 'decided', 'address', 'client', 'kind'] as const;

export type ColumnName = (typeof COLUMN_NAMES)[number];

/** One value that an event is found by. */
export interface Column {
  readonly name: ColumnName;
  readonly value: string;
}

/** The columns that go when a person is forgotten. */
export const PERSONAL_COLUMNS: ReadonlySet<ColumnName> = new Set(['user', 'decided', 'address']);

/** Everything that an entry is found by. */
export function columnsOf({ facts, personal }: Pick<Entry, 'facts' | 'personal'>): readonly Column[] {
  const values: readonly (readonly [ColumnName, string | undefined])[] = [
    ['ticket', facts.ticket_id],
    ['session', facts.session_id],
    ['client', facts.client_id],
    ['kind', facts.kind],
    ['user', personal.user],
    ['decided', isOfDecision(facts) ? deciderOf(personal) : undefined],
    ['address', personal.address],
    ['address', personal.browser?.address === personal.address ? undefined : personal.browser?.address],
  ];
  return values.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** Whether it is a user's word on a sign-in. */
export function isDecision({ kind }: Pick<Facts, 'kind'>): boolean {
  return kind === 'confirmed' || kind === 'denied';
}

/** Whether it is one, or says of one that it was taken back. */
function isOfDecision(facts: Facts): boolean {
  return isDecision(facts) || (facts.superseded !== undefined && isDecision(facts.superseded));
}

/** Whose decision it is, as the column `decided` has it: a subject is its source's and its issuer's alone. */
export function deciderOf({ source, issuer, user }: Personal): string | undefined {
  return user === undefined ? undefined : JSON.stringify([source, issuer, user]);
}
