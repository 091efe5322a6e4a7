import { createHash } from 'node:crypto';
import type { Facts } from '../record/entry/entry.ts';
import { OWN_KINDS } from './message.ts';
import type { SigningKey } from './signature.ts';

/** Who is told of audit events. */
export interface Receiver {
  /** Of its address and client, so that its queue stays its own while its secret and its kinds change. */
  readonly id: string;
  readonly url: string;
  /** Each signs every message: while a secret is replaced there are two. */
  readonly keys: readonly SigningKey[];
  /** Only what concerns this client; absent: everything. */
  readonly clientId?: string;
  /** Only these kinds; absent: all but those of the record itself. */
  readonly kinds?: ReadonlySet<string>;
  /** The operator named it as one that may lie in a private network, or be asked without TLS. */
  readonly isPrivate: boolean;
}

/** Whether a receiver is told of an audit event. */
export function wants({ clientId, kinds }: Receiver, facts: Facts): boolean {
  if (clientId !== undefined && facts.client_id !== clientId) return false;
  return kinds === undefined ? !OWN_KINDS.has(facts.kind) : kinds.has(facts.kind);
}

/** The id of a receiver. */
export function receiverIdOf(url: string, clientId: string | undefined): string {
  const named = JSON.stringify([url, clientId ?? null]);
  return `wh_${createHash('sha256').update(named).digest('hex').slice(0, 16)}`;
}

/** Where it is, as far as it may be shown: paths and queries of such addresses are often secrets. */
export function shownAddress({ url }: Pick<Receiver, 'url'>): string {
  return new URL(url).origin;
}

/** A receiver as it may be shown: nothing of its secret. */
export interface ShownReceiver {
  readonly id: string;
  readonly address: string;
  readonly client_id?: string;
  readonly kinds?: readonly string[];
  readonly private?: true;
  /** How messages to it are signed: `v1`, `v1a`, or both. */
  readonly signatures: readonly string[];
}

export function shownReceiver(receiver: Receiver): ShownReceiver {
  const { id, keys, clientId, kinds, isPrivate } = receiver;
  return {
    id,
    address: shownAddress(receiver),
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(kinds === undefined ? {} : { kinds: [...kinds] }),
    ...(isPrivate ? { private: true } : {}),
    signatures: [...new Set(keys.map(({ version }) => version))],
  };
}
