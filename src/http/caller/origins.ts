import type { IncomingMessage } from 'node:http';
import type { Client, ClientRegistry } from '../../oauth/clients/client.ts';

/** Knows which origins are the gateway's own and which are a registered client's. */
export class Origins {
  readonly #publicUrl: URL;
  readonly #clients: ClientRegistry;

  constructor(publicUrl: URL, clients: ClientRegistry) {
    this.#publicUrl = publicUrl;
    this.#clients = clients;
  }

  /** Whether an `Origin` is this gateway's: the public one, or the one that the request itself was sent to. */
  isOwn(origin: string, host: string | undefined): boolean {
    if (origin === this.#publicUrl.origin) return true;
    return host !== undefined && origin === `${this.#publicUrl.protocol}//${host}`;
  }

  /** Whether a page of this origin may call in the name of some client. */
  isClients(origin: string): boolean {
    return origin !== OPAQUE && this.#clients.isClientOrigin(origin);
  }

  /** The CORS headers of an answer to a request that may come across origins: exactly one origin, never credentials. */
  answerHeaders(req: IncomingMessage): readonly (readonly [string, string])[] {
    const { origin } = req.headers;
    if (origin === undefined || !this.isClients(origin)) return VARY;
    return [...VARY, ['Access-Control-Allow-Origin', origin], EXPOSED];
  }

  /** The CORS headers of a preflight's answer; none where the origin is nobody's. */
  preflightHeaders(req: IncomingMessage, methods: readonly string[]): Record<string, string> {
    const { origin } = req.headers;
    if (origin === undefined || !this.isClients(origin)) return { Vary: 'Origin' };
    return {
      Vary: 'Origin',
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Methods': methods.join(', '),
      'Access-Control-Allow-Headers': ALLOWED,
      'Access-Control-Max-Age': '600',
    };
  }
}

/** Whether a page of this origin may call in the name of this client: one of its redirect addresses is there. */
export function isOriginOf(client: Client | undefined, origin: string): boolean {
  if (client === undefined || origin === OPAQUE) return false;
  return client.redirect_uris.some((uri) => URL.canParse(uri) && new URL(uri).origin === origin);
}

/** What sandboxed pages send, and what the origin of a native app's address reads as: nobody's. */
const OPAQUE = 'null';

const VARY: readonly (readonly [string, string])[] = [['Vary', 'Origin']];
const EXPOSED = ['Access-Control-Expose-Headers', 'ETag, Location, Retry-After, Scangate-Cursor'] as const;
const ALLOWED =
  'Authorization, Content-Type, Accept, Cache-Control, DPoP, Idempotency-Key, If-None-Match, Last-Event-ID';
