import type { KeyRing } from '../../secrets/key-ring.ts';
import type { MintedData } from '../../ticket/events.ts';

/** The part of an authorization request that any page may name: what it mints a ticket with. */
export interface OpenMembers {
  readonly client_id: string;
  readonly redirect_uri?: string | undefined;
  readonly state?: string | undefined;
  readonly scope?: string | undefined;
  readonly nonce?: string | undefined;
  readonly code_challenge?: string | undefined;
}

/** The part that counts only as the authorization endpoint has checked it. */
export type CheckedMembers = Pick<
  MintedData,
  | 'form_post'
  | 'claims'
  | 'resource'
  | 'dpop_jkt'
  | 'max_age'
  | 'expected_sub'
  | 'requested_at'
  | 'request_key'
> & {
  /** Whether the client had pushed it (RFC 9126). */
  readonly pushed?: true;
};

/**
 * What a ticket's own request had checked, to mint another one for it, as old as the request itself.
 *
 * @param pushed whether the ticket could be minted for a pushed request alone.
 */
export function checkedOf(
  { form_post, claims, resource, dpop_jkt, max_age, expected_sub, requested_at, request_key }: MintedData,
  pushed: boolean,
): CheckedMembers {
  return {
    ...(form_post === undefined ? {} : { form_post }),
    ...(claims === undefined ? {} : { claims }),
    ...(resource === undefined ? {} : { resource }),
    ...(dpop_jkt === undefined ? {} : { dpop_jkt }),
    ...(max_age === undefined ? {} : { max_age }),
    ...(expected_sub === undefined ? {} : { expected_sub }),
    ...(requested_at === undefined ? {} : { requested_at }),
    ...(request_key === undefined ? {} : { request_key }),
    ...(pushed ? { pushed: true as const } : {}),
  };
}

/**
 * Carries a checked request through the browser, from the authorization endpoint to where the ticket is minted. Nothing is
 * kept: the text holds the checked members, and its MAC covers the open ones too, so that neither can be exchanged.
 */
export interface CarriedRequests {
  seal(open: OpenMembers, checked: CheckedMembers): string;
  /** Undefined where the text is not ours, belongs to other open members, or was asked for over an hour ago. */
  open(open: OpenMembers, text: string): CheckedMembers | undefined;
}

const PURPOSE = 'authorization-request';
/** Longer than anybody looks at one QR code after another, and no longer than a client remembers its state. */
export const REQUEST_LIFE_MS = 3_600_000;

/**
 * Whether a request must be carried sealed: for what was checked, or for the absence of a challenge, without which the
 * page's script makes one of its own.
 */
export function needsSeal({ code_challenge: challenge }: OpenMembers, checked: CheckedMembers): boolean {
  const { requested_at: _requestedAt, ...others } = checked;
  return challenge === undefined || Object.keys(others).length > 0;
}

/** Carries requests under the keys of a ring. @param now milliseconds since the epoch. */
export function carriedRequests(ring: KeyRing, now: () => number): CarriedRequests {
  return {
    seal(open, checked) {
      const dated = { requested_at: now(), ...checked };
      const data = Buffer.from(JSON.stringify(dated)).toString('base64url');
      const mac = ring.mac(ring.makingId, PURPOSE, listOf(open, data));
      if (mac === undefined) throw new Error('the making key is not in the ring');
      return `${data}.${mac}`;
    },
    open(open, text) {
      const [data = '', mac = '', ...rest] = text.split('.');
      if (rest.length > 0 || ring.check(mac, PURPOSE, listOf(open, data)) === undefined) return undefined;
      const checked = JSON.parse(Buffer.from(data, 'base64url').toString('utf8')) as CheckedMembers;
      return now() - (checked.requested_at ?? 0) <= REQUEST_LIFE_MS ? checked : undefined;
    },
  };
}

// A page sends on no member that is empty, so here an empty one is none.
function listOf(open: OpenMembers, data: string): readonly string[] {
  const { client_id, redirect_uri, state, scope, nonce, code_challenge } = open;
  const members = [redirect_uri, state, scope, nonce, code_challenge];
  return [
    client_id,
    ...members.map((value) => (value === undefined || value === '' ? '' : `=${value}`)),
    data,
  ];
}
