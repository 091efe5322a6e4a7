import { originsOf } from '../../oauth/clients/client.ts';
import type { Client, ClientRegistry } from '../../oauth/clients/client.ts';

/** Knows which origins are the gateway's own and which are a registered client's. */
export class Origins {
  readonly #publicUrl: URL;
  readonly #clients: ClientRegistry;

  constructor(publicUrl: URL, clients: ClientRegistry) {
    this.#publicUrl = publicUrl;
    this.#clients = clients;
  }

  /** Whether an origin is that of the public address. */
  isPublic(origin: string): boolean {
    return origin === this.#publicUrl.origin;
  }

  /** Whether an origin is this gateway's: the public one, or the one that the request itself was sent to. */
  isOwn(origin: string, host: string | undefined): boolean {
    if (this.isPublic(origin)) return true;
    return host !== undefined && origin === `${this.#publicUrl.protocol}//${host}`;
  }

  /** Whether a page of this origin may call in the name of some client. */
  isClients(origin: string): boolean {
    return origin !== OPAQUE && this.#clients.isClientOrigin(origin);
  }
}

/** Whether a page of this origin may call in the name of this client. */
export function isOriginOf(client: Client | undefined, origin: string | undefined): boolean {
  if (client === undefined || origin === undefined || origin === OPAQUE) return false;
  return originsOf(client).includes(origin);
}

/** What sandboxed pages send, and what the origin of a native app's address reads as: nobody's. */
const OPAQUE = 'null';
