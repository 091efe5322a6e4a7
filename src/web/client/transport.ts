import type { Links } from './notice.ts';
import type { Cancel, HttpResponse } from './platform.ts';

/** How a connection ended. `afterMs` is the server's wish, or a fair wait. */
export type End =
  /** As it should: open another, without doubting the transport. */
  | { readonly kind: 'return'; readonly afterMs: number }
  /** The server says that there is nothing more to watch. */
  | { readonly kind: 'over' }
  /** It failed; another try may work. */
  | { readonly kind: 'broken'; readonly afterMs?: number }
  /** This transport will never work here. */
  | { readonly kind: 'refused' };

/** What a connection tells the watcher. */
export interface TransportEvents {
  /** The text of a notice. */
  notice(text: string): void;
  /** A sign of life without news. */
  alive(): void;
  end(end: End): void;
}

/** Who may watch: the gateway's cookie when `bearer` is missing. */
export interface Access {
  readonly links: Links;
  readonly bearer?: string;
}

/** The ways to wait, best first. */
export type TransportName = 'socket' | 'events' | 'poll' | 'ask';

/** One way to wait for notices. */
export interface Transport {
  readonly name: TransportName;
  /** The server speaks first, so silence right after opening is a fault. */
  readonly pushes: boolean;
  /** Heartbeats reach this code, so a long silence is a fault. */
  readonly audible: boolean;
  /** Holds one of the six connections that a browser shares among all its tabs on a host over HTTP/1.1. */
  readonly scarce: boolean;
  /**
   * Opens one connection.
   *
   * @param cursor - the newest cursor, asked for whenever it is sent; `undefined` asks for the state as it is.
   */
  open(cursor: () => string | undefined, events: TransportEvents): Cancel;
}

/** The headers that prove who asks. */
export function accessHeaders(access: Access): Record<string, string> {
  return access.bearer === undefined ? {} : { Authorization: 'Bearer ' + access.bearer };
}

const RETRY_AFTER_MAX_S = 60;

/** `Retry-After` in milliseconds, when it was given in seconds. */
export function retryAfterMs(header: (name: string) => string | null): number | undefined {
  const text = header('Retry-After');
  if (text === null || !/^[0-9]+$/.test(text)) return undefined;
  return Math.min(RETRY_AFTER_MAX_S, parseInt(text, 10)) * 1000;
}

/** What an answer other than a good one means for a transport. */
export function endOfStatus(response: Pick<HttpResponse, 'status' | 'header'>): End {
  const lasting = response.status >= 400 && response.status < 500 && response.status !== 408;
  if (lasting && response.status !== 429) return { kind: 'refused' };
  const afterMs = retryAfterMs((name) => response.header(name));
  return afterMs === undefined ? { kind: 'broken' } : { kind: 'broken', afterMs };
}
