/** What happened in some seconds of a node. */
export interface Point {
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
  readonly minted: number;
  readonly redeemed: number;
  readonly refused: number;
  readonly waiting: Readonly<Record<string, number>>;
  /** Milliseconds; null: nobody was told anything. */
  readonly p99_ms: number | null;
}

/** What a node says of itself; counts are those of the last `counted_ms`. */
export interface NodeWord {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly started_at: string;
  readonly state: string;
  /** Whether it has a page for operators. */
  readonly page: boolean;
  readonly waiting: number;
  readonly counted_ms: number;
  readonly minted: number;
  readonly scanned: number;
  readonly confirmed: number;
  readonly redeemed: number;
  readonly denied: number;
  readonly cancelled: number;
  readonly expired: number;
}

export interface Named {
  readonly name: string;
  readonly count: number;
}

/** One thing that happened. */
export interface Bulletin {
  readonly number: number;
  readonly at: number;
  readonly tone: 'bad' | 'good' | 'note';
  readonly title: string;
  readonly detail?: string;
}

/** A source of users, and how calls to it went of late. */
export interface Upstream {
  readonly name: string;
  readonly state: string;
  readonly calls: number;
  readonly failed: number;
  readonly mean_ms: number | null;
}

/** What goes on that should not. */
export interface Ongoing {
  readonly outage: string;
  readonly causes: readonly string[];
  readonly for_ms: number;
}

/** A node as the stream tells of it once a second. Durations in milliseconds. */
export interface Picture {
  readonly now: number;
  readonly node: {
    readonly name: string;
    readonly version: string;
    readonly issuer: string;
    readonly started_at: string;
    readonly state: string;
    readonly canary_age_ms: number | null;
  };
  readonly store: {
    readonly kind: string;
    readonly up: boolean;
    readonly timeline: string;
    readonly changes: number;
    readonly replicas_required: number | null;
    readonly replica_lag_ms: number | null;
    readonly clock_skew_ms: number | null;
    readonly may_evict: boolean;
  };
  readonly waiting: Readonly<Record<string, number>>;
  readonly recent: {
    readonly ms: number;
    readonly minted: number;
    readonly redeemed: number;
    readonly refused: number;
    readonly p99_ms: number | null;
  };
  readonly hour: {
    readonly ms: number;
    readonly refusals: readonly Named[];
    readonly security: readonly Named[];
  };
  readonly upstreams: readonly Upstream[];
  readonly outages: readonly Ongoing[];
  readonly bulletins: readonly Bulletin[];
  readonly points: readonly Point[];
  readonly nodes: readonly NodeWord[];
}
