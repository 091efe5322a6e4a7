import { parseJson } from '../../client/notice.ts';

/** The answer to `POST /v1/scans`: who asks, from where, and the handshake that decides. */
export interface ScanAnswer {
  readonly ticket_id: string;
  readonly handshake: string;
  /** `denied`: refused for its risk. */
  readonly status?: string;
  readonly client: {
    readonly name: string;
    readonly domain?: string;
    readonly verified?: boolean;
    readonly logo?: string;
    readonly colors?: string;
  };
  readonly browser?: {
    readonly ip?: string;
    readonly place?: string;
    readonly agent?: string;
    readonly first_seen?: string | number;
    readonly same_network?: boolean;
  };
  readonly user_code?: string;
  readonly number_match?: boolean;
  /** What may not be the user's own doing. */
  readonly risk?: { readonly outcome: string; readonly reasons: readonly string[] };
  /** What the application gets, by the names of OpenID Connect. */
  readonly release?: {
    readonly scopes: readonly string[];
    readonly claims: readonly string[];
    readonly resource?: string;
  };
  /** The application asks for a fresher sign-in than this page's session. */
  readonly fresh_needed?: boolean;
  readonly expires_in_ms: number;
}

/** Reads a scan's answer, or answers `undefined` when the text is something else. */
export function parseScanAnswer(text: string): ScanAnswer | undefined {
  const answer = parseJson(text) as Partial<ScanAnswer> | null | undefined;
  if (!answer || typeof answer.ticket_id !== 'string' || typeof answer.handshake !== 'string')
    return undefined;
  return answer.client ? (answer as ScanAnswer) : undefined;
}
