import type { Config } from '../config/config.ts';
import { oauthSettings } from '../config/rooms/oauth.ts';
import { LANGUAGES } from '../http/pages/language.ts';
import type { ClientRegistry } from '../oauth/clients/client.ts';
import type { FollowingRegistry } from '../oauth/clients/client-registry.ts';
import type { RegistrationEndpoint } from '../oauth/registration/registration-endpoint.ts';
import { oauthServer } from '../oauth/server.ts';
import type { OAuthServer } from '../oauth/server.ts';
import { subjectRule } from '../oauth/tokens/subject.ts';
import type { Ledger } from '../store/ledger.ts';
import { systemTime } from '../time/system-time.ts';
import { sleep } from '../time/time.ts';
import { clientKeys } from './client-keys.ts';
import type { Commands } from './commands/commands.ts';
import type { Phones } from './phones.ts';
import { filledClaims } from './filled-claims.ts';
import { makeId } from './randomness.ts';
import type { Secrets } from './secrets.ts';
import type { Telling } from './telling.ts';

/** Makes the authorization server. */
export function makeOAuth(
  config: Config,
  parts: {
    readonly clients: ClientRegistry;
    /** Those of them that the operator registered. */
    readonly listed: FollowingRegistry;
    readonly registration: RegistrationEndpoint | undefined;
    readonly commands: Commands;
    readonly ledger: Ledger;
    readonly telling: Telling;
    readonly phones: Phones;
    readonly secrets: Secrets;
  },
): OAuthServer {
  const { clients, commands, ledger, phones, registration, secrets, telling } = parts;
  return oauthServer({
    ...oauthSettings(config),
    clients,
    registration,
    tickets: commands.tickets,
    sessions: commands.sessions,
    ledger,
    ring: secrets.ring,
    secrets: secrets.tickets,
    keys: secrets.keys,
    subjectOf: subjectRule(config.phoneIdentities, config.SCANGATE_SUB_BARE),
    languages: LANGUAGES,
    filledClaims: filledClaims(config),
    isActive: phones.isActive,
    knowsAuthTime: phones.identities.all.some(({ knowsAuthTime }) => knowsAuthTime),
    remoteKeys: clientKeys(config, telling, parts.listed),
    now: () => systemTime.wallNow(),
    pause: (ms) => sleep(systemTime, ms),
    makeTicketId: makeId,
  });
}
