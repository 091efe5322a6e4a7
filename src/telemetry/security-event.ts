/** What a security team is told of, one kind each, and why: a closed list, so that a filter and a metric can rely on it. */
export interface SecurityReasons {
  /** A user denied a sign-in and said that it was not theirs. */
  readonly report: 'not_mine';
  /** A sign-in was refused because of what it looked like: the words of the risk policy, comma separated. */
  readonly refused_by_risk: string;
  /** Guesses: more than are allowed of user codes, or of the number that a browser shows; more than a few a minute of client secrets; any of the operators' token. */
  readonly brute_force: 'user_code' | 'number' | 'client_secret' | 'admin_token';
  /** What counts once came again. With it the session that it had opened has ended, where its time to be repeated was over. */
  readonly reuse: 'code' | 'refresh_token' | 'assertion';
  /** A client did not prove itself. */
  readonly client_auth_failed:
    'no_client' | 'unknown_client' | 'wrong_secret' | 'wrong_method' | 'wrong_assertion';
  /** A bound per address, or user, was reached: the name of the rate limit, or what there were too many of. */
  readonly shut_out: 'mints' | 'scans' | 'decisions' | 'tokens' | 'connections' | 'held';
  /** The gateway's secrets were read anew and are others. `no_secret_kept`: what was made with those of before counts no more. */
  readonly key_rotation: 'secrets' | 'no_secret_kept';
  /** The file of clients was read anew, and holds something else. */
  readonly clients_changed: 'read_again';
  /** A setting, or a client's registration, that weakens: its name, and what is wrong. */
  readonly weak_setting: string;
  /**
   * Sessions were ended other than one by one: by their user, everywhere; by an operator, who began, and came through or not;
   * with the client's registration.
   */
  readonly revocation:
    'everywhere' | 'operator_begun' | 'operator' | 'operator_incomplete' | 'registration_deleted';
  /** An operator had the record forget a person, whom this does not name: it began, and came through or not. */
  readonly forgotten: 'operator_begun' | 'operator' | 'operator_incomplete';
}

export type SecurityKind = keyof SecurityReasons;

/** Who and what it was about, as far as that is known. No secret, nothing of a user but who they are. */
export interface SecurityContext {
  readonly user?:
    | {
        readonly source: string;
        /** Absent where an operator named a user of whom nothing was found. */
        readonly issuer?: string | undefined;
        readonly subject: string;
      }
    | undefined;
  readonly client_id?: string | undefined;
  /** The client's address; absent for what nobody sent, and where it is not known. */
  readonly address?: string | undefined;
  readonly ticket_id?: string | undefined;
  readonly sid?: string | undefined;
  /** Of an operator's revocation: what began then or later, an instant in ISO 8601. */
  readonly since?: string | undefined;
  /** Of an operator's revocation: what began earlier than that. */
  readonly before?: string | undefined;
  /** Of an operator's revocation, and of a forgetting: how many sessions and tickets it ended; absent where it began. */
  readonly ended?: number | undefined;
  /** Of an operator's forgetting: how many entries tell of nobody since; absent where it began. */
  readonly entries?: number | undefined;
}

/** One thing that a security team wants to hear of. */
export type SecurityEvent = SecurityContext &
  { [K in SecurityKind]: { readonly kind: K; readonly reason: SecurityReasons[K] } }[SecurityKind];

/**
 * Where security events are handed in. The promises: it returns at once, it never throws, and it may be called as often as
 * attackers like, for what becomes of an event is bounded behind it.
 */
export type ReportSecurity = (event: SecurityEvent) => void;

/** Every kind, as the metrics show them from the start. */
export const SECURITY_KINDS: readonly SecurityKind[] = Object.keys({
  report: true,
  refused_by_risk: true,
  brute_force: true,
  reuse: true,
  client_auth_failed: true,
  shut_out: true,
  key_rotation: true,
  clients_changed: true,
  weak_setting: true,
  revocation: true,
  forgotten: true,
} satisfies Readonly<Record<SecurityKind, true>>) as readonly SecurityKind[];

const suspicions = new WeakMap<Error, SecurityEvent>();

/** Marks a refusal as one that a security team wants to hear of. Whoever answers it reports it, and knows the address. */
export function suspect<E extends Error>(error: E, event: SecurityEvent): E {
  suspicions.set(error, event);
  return error;
}

/** What a refusal was marked with. */
export function suspicionOf(error: unknown): SecurityEvent | undefined {
  return error instanceof Error ? suspicions.get(error) : undefined;
}
