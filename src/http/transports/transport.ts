import type { WebSocketServer } from 'ws';
import type { WatchShared } from '../../watch/watch-subject.ts';
import type { Origins } from '../caller/origins.ts';
import type { Held, TransportName } from './held.ts';

/** Why a held connection ended: its subject did, its time was up, the client left, was too slow or wrong, the node goes or cannot. */
export type Closing = 'end' | 'life' | 'gone' | 'slow' | 'refused' | 'drain' | 'elsewhere';

/** What transports report, for metrics and the log. */
export interface TransportEvents {
  opened(transport: TransportName): void;
  /** A state was told. */
  told(transport: TransportName): void;
  closed(transport: TransportName, why: Closing): void;
  /** Sent away before anything was held, to come back. */
  refused(transport: TransportName, why: string): void;
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
