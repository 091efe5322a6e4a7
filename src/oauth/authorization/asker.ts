import { ScangateError } from '../../ticket/error.ts';
import { hasRedirect, usesRedirects } from '../clients/client.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';

/** The parameters of a request, as they came. */
export type Parameters = Readonly<Record<string, string | undefined>>;

/** Who asks, and a redirect address that is registered: from here on, errors may be sent there. */
export interface Asker {
  readonly client: Client;
  readonly redirectUri: string;
}

/**
 * Finds out who asks and where an answer may go: to one of the client's registered addresses.
 *
 * @throws ScangateError `invalid_client`, `invalid_redirect_uri`: to be shown, never sent anywhere (RFC 6749 §4.1.2.1).
 */
export function readAsker(clients: ClientRegistry, parameters: Parameters): Asker {
  const client = clients.find(parameters['client_id'] ?? '');
  if (client === undefined || !usesRedirects(client))
    throw new ScangateError('invalid_client', { field: 'client_id' });
  const redirectUri = parameters['redirect_uri'];
  if (redirectUri === undefined || !hasRedirect(client, redirectUri, parameters['code_challenge']))
    throw new ScangateError('invalid_redirect_uri', { field: 'redirect_uri' });
  return { client, redirectUri };
}
