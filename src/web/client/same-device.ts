import { originOf, withQuery } from './address.ts';
import { keepVerifier } from './follow.ts';
import type { Platform } from './platform.ts';
import type { SignInOptions } from './sign-in-options.ts';
import type { Access } from './transport.ts';

/** Where a sign-in goes on in this very browser, in the place of a scan. */
export interface SameDevice {
  readonly url: string;
  /** To be called as the page leaves for it: the redirect address finds the verifier. */
  leave(): void;
}

/** What it rests on. */
export interface SameDeviceParts {
  readonly platform: Platform;
  readonly gateway: string;
  readonly options: SignInOptions;
  readonly challenge: string | undefined;
  readonly verifier: string | undefined;
}

/**
 * The gateway's own page goes on with its ticket, whose cookie this browser has. A page of another site has nothing that
 * could come back to it there, so its user goes on as with any authorization request (RFC 6749 §4.1.1). Undefined without
 * a redirect address: then there is only the code.
 */
export function sameDeviceOf(parts: SameDeviceParts, access: Access): SameDevice | undefined {
  const { platform, options, verifier } = parts;
  const back = options.redirectUri;
  const url = access.bearer === undefined ? access.links.self + '/same-device' : authorizationUrl(parts);
  if (!back || url === undefined) return undefined;
  return {
    url,
    leave() {
      const mine = verifier !== undefined && originOf(back) === platform.origin;
      if (mine) keepVerifier(options.state ?? '', verifier);
    },
  };
}

function authorizationUrl({ platform, gateway, options, challenge }: SameDeviceParts): string | undefined {
  if (originOf(gateway) === platform.origin || challenge === undefined) return undefined;
  const members: readonly (readonly [string, string | undefined])[] = [
    ['response_type', 'code'],
    ['client_id', options.clientId],
    ['redirect_uri', options.redirectUri],
    ['scope', options.scope],
    ['state', options.state],
    ['nonce', options.nonce],
    ['code_challenge', challenge],
    ['code_challenge_method', 'S256'],
  ];
  return members.reduce((url, [name, value]) => withQuery(url, name, value), gateway + '/oauth/authorize');
}
