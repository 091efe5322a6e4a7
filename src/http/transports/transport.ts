import type { WebSocketServer } from 'ws';
import type { Delivery } from '../../telemetry/tracing/tracing.ts';
import type { WatchShared } from '../../watch/watch-subject.ts';
import type { Origins } from '../caller/origins.ts';
import type { Bound, Held, HeldConnection, TransportName } from './held.ts';

/** Why a held connection ended: its subject did, its time was up, the client left, was too slow or wrong, the node goes or cannot. */
export type Closing = (typeof CLOSINGS)[number];

/** All of them. */
export const CLOSINGS = ['end', 'life', 'gone', 'slow', 'refused', 'drain', 'elsewhere'] as const;

/** Why exactly, for whoever reads the log at its `debug` level. */
export type EndReason =
  | 'outcome_told'
  /** A poll was answered with a state that is not the end. */
  | 'state_told'
  /** The cursor that was given names the end already. */
  | 'cursor_is_the_end'
  /** A poll's time is over. */
  | 'nothing_new'
  | 'client_went'
  | 'too_slow'
  /** A ping was not answered in time. */
  | 'no_pong'
  | 'life_over'
  /** This node goes. */
  | 'drain'
  /** The store is away, or another node may know more. */
  | 'elsewhere'
  | 'bound_per_subject'
  | 'bound_per_address'
  | 'bound_of_process'
  /** There is no such subject, or it is not the caller's. */
  | 'not_yours'
  | 'no_first_message'
  | 'bad_first_message'
  /** A client that may only listen said too much, or no text. */
  | 'bad_message'
  | 'broken_frame';

/** The reason of a bound that refused. */
export const BOUND_REASONS: Readonly<Record<Bound, EndReason>> = {
  subject: 'bound_per_subject',
  address: 'bound_per_address',
  process: 'bound_of_process',
  draining: 'drain',
};

/** What a reader left unread, and for how long. */
export interface Unread {
  readonly bytes: number;
  readonly ms: number;
}

/** What transports report, for metrics and the log. */
export interface TransportEvents {
  opened(transport: TransportName): void;
  /** A state was told. @param delivery of it, where that is traced. */
  told(transport: TransportName, delivery?: Delivery): void;
  closed(transport: TransportName, why: Closing): void;
  /** Sent away before anything was held, to come back. */
  refused(transport: TransportName, why: string): void;
  /** A connection ended, or was not held at all: told once of each. For the log alone. */
  ended(connection: HeldConnection, reason: EndReason, unread?: Unread): void;
  /** Something was thrown that is not an answer. */
  defect(error: unknown): void;
}

/** Times in milliseconds, sizes in bytes. */
export interface TransportSettings {
  readonly retryMs: number;
  readonly sseHeartbeatMs: number;
  readonly sseLifeMinMs: number;
  readonly sseLifeMaxMs: number;
  readonly pollWaitMs: number;
  readonly pollJitterMs: number;
  readonly pingMs: number;
  readonly pongMs: number;
  readonly secretWaitMs: number;
  readonly readerBytes: number;
  readonly readerStallMs: number;
}

/** Everything that the held connections of a process share. */
export interface TransportShared {
  readonly settings: TransportSettings;
  readonly watch: WatchShared;
  readonly held: Held;
  readonly sockets: WebSocketServer;
  readonly origins: Origins;
  readonly events: TransportEvents;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Milliseconds after which a client is asked to come back: the setting, give or take a half. */
export function comeBackMs(shared: TransportShared): number {
  return Math.round(shared.settings.retryMs * (0.5 + shared.watch.random()));
}
