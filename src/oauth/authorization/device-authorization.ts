import type { TicketCommands } from '../../command/ticket-commands.ts';
import { scanAddress } from '../../secrets/scan-address.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Lives, Device } from '../../ticket/events.ts';
import type { AuthenticateClient, ClientProof } from '../clients/client-auth.ts';
import { DEVICE_GRANT, livesFor, scopeFor } from '../clients/client.ts';
import type { KeyProofs } from '../dpop/key-proofs.ts';
import { namedKey } from '../dpop/named-key.ts';
import { OAuthError } from '../error.ts';
import { readResource } from './resource.ts';
import type { DeviceUserCodes } from './user-codes.ts';

/** The answer of the device authorization endpoint (RFC 8628 §3.2), and how to wait without polling. */
export interface DeviceAuthorization {
  /** Also the bearer that watches the ticket. */
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  /** Seconds. */
  readonly expires_in: number;
  /** Seconds between polls. */
  readonly interval: number;
  readonly ticket_id: string;
}

/** Answers `/oauth/device_authorization`. @throws OAuthError */
export type DeviceAuthorizationEndpoint = (
  proof: ClientProof,
  device: Device,
) => Promise<DeviceAuthorization>;

export interface DeviceAuthorizationOptions {
  readonly issuer: string;
  readonly authenticate: AuthenticateClient;
  readonly proofs: KeyProofs;
  readonly tickets: TicketCommands;
  readonly secrets: TicketSecrets;
  readonly userCodes: DeviceUserCodes;
  /** The settings' lives, in milliseconds. */
  readonly lives: Lives & { readonly device_ms: number };
  readonly makingKeyId: () => string;
  readonly makeTicketId: () => string;
  readonly intervalS: number;
  /** Whether some source of phones can say when a user signed in there. */
  readonly knowsAuthTime: boolean;
}

const NUMBER_NEEDED =
  'The client must match numbers: send number_shown=true from a device that shows the number of its notices.';

/** Two tickets have one code about once in 25 thousand million; so many in a row do not. */
const CLAIMS_MAX = 8;

/** Makes the endpoint: who asks, a user code of its own, a ticket that serves this grant alone. */
export function deviceAuthorizationEndpoint(
  options: DeviceAuthorizationOptions,
): DeviceAuthorizationEndpoint {
  const { issuer, tickets, secrets, userCodes } = options;

  async function claimed(keyId: string, lifeMs: number): Promise<string> {
    for (let count = 0; count < CLAIMS_MAX; count += 1) {
      const ticketId = options.makeTicketId();
      if (await userCodes.claim(ticketId, keyId, lifeMs)) return ticketId;
    }
    throw new ScangateError('store_unavailable', { retryAfterMs: 1000 });
  }

  return async (proof, device) => {
    const client = await options.authenticate(proof);
    if (!client.grant_types.includes(DEVICE_GRANT))
      throw new OAuthError('unauthorized_client', 'The client is not registered for the device flow.');
    if (client.policy.number_match && proof.form['number_shown'] !== 'true')
      throw new OAuthError('unauthorized_client', NUMBER_NEEDED);
    if (client.default_max_age !== undefined && !options.knowsAuthTime)
      throw new OAuthError('invalid_request', 'No source of phones here can sign a user in anew.');
    const jkt = await namedKey(options.proofs, proof, '/oauth/device_authorization');
    const resource = readResource(client, proof.form['resource']);
    const lives = livesFor(client, 'device_code', options.lives);
    const keyId = options.makingKeyId();
    const ticketId = await claimed(keyId, Math.max(lives.ticket_ms, lives.max_ms));
    await tickets.mint(ticketId, {
      client_id: client.client_id,
      grant: 'device_code',
      binding: 'bearer',
      key_id: keyId,
      scope: scopeFor(client, proof.form['scope']),
      browser: device,
      lives,
      shows_scanner: client.policy.shows_scanner,
      number_match: client.policy.number_match,
      ...(proof.form['number_shown'] === 'true' ? { number_shown: true } : {}),
      ...(jkt === undefined ? {} : { dpop_jkt: jkt }),
      ...(resource === undefined ? {} : { resource }),
      ...(client.default_max_age === undefined ? {} : { max_age: client.default_max_age }),
    });
    return {
      device_code: secrets.browserSecret(ticketId, keyId, 'bearer'),
      user_code: userCodes.shown(ticketId, keyId),
      verification_uri: `${issuer}/device`,
      verification_uri_complete: scanAddress(issuer, secrets.scanCode(ticketId, keyId, 0)),
      expires_in: Math.max(1, Math.floor(lives.ticket_ms / 1000)),
      interval: options.intervalS,
      ticket_id: ticketId,
    };
  };
}
