import type { Subject } from '../../subject.ts';
import type { LinkTurn } from '../connection/redis-connection.ts';

/** Why an event that a failover lost was not put back. */
export type GivenUp = (typeof GIVEN_UP)[number];

/** All of them. */
export const GIVEN_UP = [
  'another_history',
  'too_old',
  'no_predecessor',
  'newer_schema',
  'store_away',
] as const;

/** Something about the store that whoever runs it may want to count or read. */
export type Incident =
  /** A connection opened for calls, or closed for them, and why. */
  | ({ readonly kind: 'link' } & LinkTurn)
  /** Other nodes on this store that are alive since, or were not heard of for a while. */
  | {
      readonly kind: 'nodes';
      readonly came: readonly string[];
      readonly gone: readonly string[];
      /** How many of those that are alive are of a release whose functions know no fence. */
      readonly unfenced: number;
    }
  /** How many replicas must hold what is acknowledged, and for how long the slowest has lacked something, in milliseconds. */
  | { readonly kind: 'replicas'; readonly required: number; readonly lagMs: number }
  /** A master's history was looked at for the first time. */
  | { readonly kind: 'timeline_found'; readonly timeline: string }
  /** The store has another history than before: a failover, a restart, a wiped store. */
  | { readonly kind: 'timeline'; readonly timeline: string; readonly before: string }
  /** A failover is dealt with together: this node, and the others that it waits for before anyone goes on. */
  | {
      readonly kind: 'barrier';
      readonly timeline: string;
      readonly node: string;
      readonly others: readonly string[];
    }
  /** This node knows events of so many subjects, and looks which of them the new master does not have. */
  | { readonly kind: 'restoring'; readonly timeline: string; readonly subjects: number }
  /** An event was lost in a failover and put back. */
  | { readonly kind: 'restored'; readonly subject: Subject; readonly type: string }
  /** An event was lost and stays so: its watchers get a reset. */
  | { readonly kind: 'given_up'; readonly subject: Subject; readonly type: string; readonly why: GivenUp }
  /** So many other nodes did not say in time that they had put back what they know: this one went on without them. */
  | { readonly kind: 'not_waited'; readonly nodes: number; readonly late: readonly string[] }
  /** No other node is waited for any longer: subjects that this one does not hold itself may be read and written. */
  | { readonly kind: 'passed'; readonly timeline: string; readonly seconds: number }
  /** A failover was dealt with. */
  | {
      readonly kind: 'healed';
      readonly seconds: number;
      readonly restored: number;
      readonly givenUp: number;
      /** Subjects whose watchers get a reset. */
      readonly reset: number;
    }
  /**
   * How far a replica's clock is from its master's at most, in milliseconds; `turned`: that they are apart is new, or
   * over.
   */
  | {
      readonly kind: 'clocks';
      readonly skewMs: number;
      readonly server: string;
      readonly apart: boolean;
      readonly turned: boolean;
    }
  /** What was seen of the masters' `maxmemory-policy`: the one that may throw data away, and where it is; neither where none may. */
  | { readonly kind: 'eviction'; readonly server?: string; readonly policy?: string }
  /** Old log is not let go of as it should be, and why: told once, until it is again. */
  | { readonly kind: 'log_kept'; readonly why: string }
  /** The redo ring had no room for its whole window. */
  | { readonly kind: 'ring_full'; readonly dropped: number };

export type OnIncident = (incident: Incident) => void;
