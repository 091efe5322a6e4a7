import type { Config } from '../config/config.ts';
import type { ClientRegistry } from '../oauth/clients/client.ts';
import { registrationEndpoint } from '../oauth/registration/registration-endpoint.ts';
import type { RegistrationEndpoint } from '../oauth/registration/registration-endpoint.ts';
import { registrations, registrationSecrets } from '../oauth/registration/registrations.ts';
import { openSelfRegistered } from '../oauth/registration/self-registered.ts';
import type { Ledger } from '../store/ledger.ts';
import { systemTime } from '../time/system-time.ts';
import type { Closable } from './assembly.ts';
import { makeId } from './randomness.ts';
import type { Secrets } from './secrets.ts';

/** How often each node looks for clients that registered themselves at another, in milliseconds. */
const LOOK_MS = 2000;

/** All clients of a gateway. */
export interface RegisteredClients extends Closable {
  readonly clients: ClientRegistry;
  /** Absent: no client registers itself. */
  readonly registration: RegistrationEndpoint | undefined;
}

/** Adds the clients that register themselves, where a setting lets them. */
export async function openRegisteredClients(
  config: Config,
  parts: {
    readonly clients: ClientRegistry;
    readonly ledger: Ledger;
    readonly secrets: Secrets;
    /** Told of each that removed itself. */
    readonly onRemoved: (clientId: string) => void;
  },
): Promise<RegisteredClients> {
  if (config.SCANGATE_REGISTRATION_TOKEN === undefined)
    return { clients: parts.clients, registration: undefined, close: () => undefined };
  const lifeMs = config.SCANGATE_REGISTRATION_LIFE;
  const kept = registrations({ ledger: parts.ledger, lifeMs, max: config.SCANGATE_REGISTRATIONS_MAX });
  const derived = registrationSecrets(parts.secrets.ring);
  const clients = await openSelfRegistered({
    clients: parts.clients,
    registrations: kept,
    secretOf: derived.secretOf,
    lookMs: LOOK_MS,
    time: systemTime,
  });
  const registration = registrationEndpoint({
    issuer: config.issuer,
    registrations: kept,
    secrets: derived,
    initialTokens: () => config.SCANGATE_REGISTRATION_TOKEN ?? [],
    plainHttp: config.publicUrl.protocol === 'http:',
    lifeMs,
    makingKeyId: () => parts.secrets.ring.makingId,
    makeId,
    now: () => systemTime.wallNow(),
    onChange: () => clients.look(),
    onRemoved: parts.onRemoved,
  });
  return { clients, registration, close: () => clients.close() };
}
