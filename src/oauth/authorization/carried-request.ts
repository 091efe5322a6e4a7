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
  'form_post' | 'claims' | 'resource' | 'dpop_jkt' | 'max_age'
> & {
  /** Whether the client had pushed it (RFC 9126). */
  readonly pushed?: true;
};

/** What a ticket's own request had checked, to mint another one for it. */
export function checkedOf({ form_post, claims, resource, dpop_jkt, max_age }: MintedData): CheckedMembers {
  return {
    ...(form_post === undefined ? {} : { form_post }),
    ...(claims === undefined ? {} : { claims }),
    ...(resource === undefined ? {} : { resource }),
    ...(dpop_jkt === undefined ? {} : { dpop_jkt }),
    ...(max_age === undefined ? {} : { max_age }),
    pushed: true,
  };
}

/**
 * Carries a checked request through the browser, from the authorization endpoint to where the ticket is minted. Nothing is
 * kept: the text holds the checked members, and its MAC covers the open ones too, so that neither can be exchanged.
 */
export interface CarriedRequests {
  seal(open: OpenMembers, checked: CheckedMembers): string;
  /** Undefined where the text is not ours, or belongs to other open members. */
  open(open: OpenMembers, text: string): CheckedMembers | undefined;
}

const PURPOSE = 'authorization-request';

/** Carries requests under the keys of a ring. */
export function carriedRequests(ring: KeyRing): CarriedRequests {
  return {
    seal(open, checked) {
      const data = Buffer.from(JSON.stringify(checked)).toString('base64url');
      const mac = ring.mac(ring.makingId, PURPOSE, listOf(open, data));
      if (mac === undefined) throw new Error('the making key is not in the ring');
      return `${data}.${mac}`;
    },
    open(open, text) {
      const [data = '', mac = '', ...rest] = text.split('.');
      if (rest.length > 0 || ring.check(mac, PURPOSE, listOf(open, data)) === undefined) return undefined;
      return JSON.parse(Buffer.from(data, 'base64url').toString('utf8')) as CheckedMembers;
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
