import type { Effect, Snapshot } from './engine.ts';
import type { Reply } from './reply.ts';

/** What a client sends: commands that go out together. */
export interface Request {
  readonly kind: 'request';
  readonly commands: readonly (readonly string[])[];
}

/** What a client gets: replies in the order of its commands, or what it subscribed to. */
export type ClientMessage =
  | { readonly kind: 'replies'; readonly replies: readonly Reply[] }
  | { readonly kind: 'published'; readonly channel: string; readonly text: string };

/** What a replica says to its master. */
export type ReplicaMessage =
  | {
      readonly kind: 'psync';
      readonly replicationId: string;
      /** The first byte that it wants. */
      readonly offset: number;
      readonly address: string;
    }
  | { readonly kind: 'ack'; readonly offset: number };

/** What a master says to a replica. */
export type MasterMessage =
  | {
      readonly kind: 'full';
      readonly replicationId: string;
      readonly offset: number;
      readonly snapshot: Snapshot;
    }
  | { readonly kind: 'continue'; readonly replicationId: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'stream'; readonly part: StreamPart };

/** A piece of a master's replication stream. */
export interface StreamPart {
  /** Where it ends in the stream, in bytes. */
  readonly end: number;
  readonly bytes: number;
  /** What one command did, all of it at once; nothing for a ping. */
  readonly effects: readonly Effect[];
  /** Whether the master asks how far the replica is. */
  readonly asks: boolean;
}
