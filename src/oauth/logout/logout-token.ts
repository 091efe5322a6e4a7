import { openedOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import { signedJwt } from '../../secrets/signed-jwt.ts';
import type { SigningKeys } from '../../secrets/signing-keys.ts';
import type { Client } from '../clients/client.ts';
import type { SubjectOf } from '../tokens/subject.ts';

/** Makes the token that tells a client that one session is over (OpenID Connect Back-Channel Logout §2.4). */
export type MakeLogoutToken = (view: SessionView, client: Client) => Promise<string>;

export interface LogoutTokenOptions {
  readonly issuer: string;
  readonly keys: SigningKeys;
  readonly makingKeyId: () => string;
  readonly subjectOf: SubjectOf;
  /** Makes 128 random bits in base64url. */
  readonly makeId: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const LIFE_S = 120;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export function logoutTokens(options: LogoutTokenOptions): MakeLogoutToken {
  return async (view, client) => {
    const key = await options.keys.of(options.makingKeyId(), client.id_token_signed_response_alg);
    if (key === undefined) throw new Error('the making key is not in the ring');
    const iat = Math.floor(options.now() / 1000);
    const claims = {
      iss: options.issuer,
      sub: options.subjectOf(openedOf(view).user),
      aud: client.client_id,
      iat,
      exp: iat + LIFE_S,
      jti: options.makeId(),
      sid: view.sid,
      events: { [EVENT]: {} },
    };
    return await signedJwt(key, 'logout+jwt', claims);
  };
}
