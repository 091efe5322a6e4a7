import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of a gateway as a whole: its addresses, store, secrets, clients and phones. */
export const GATEWAY_SETTINGS = {
  HOST: setting('text', '127.0.0.1', 'address to listen on'),
  PORT: setting('port', '8080', 'port to listen on'),
  SCANGATE_PUBLIC_URL: setting(
    'text',
    undefined,
    'what the QR code and the issuer say, with a path if it has one: everything is then below it, whether a proxy in front takes the path away or not; default `http://localhost:<PORT>`, `https://` with a certificate',
  ),
  SCANGATE_STORE: setting(
    'text',
    'file:.scangate',
    '`file:<folder>`, `redis://`, `rediss://`, `redis+sentinel://h1:26379,h2:26379/<master>`, `redis+cluster://h1:6379,h2:6379`',
    { filed: true },
  ),
  SCANGATE_SECRETS: setting(
    'list',
    undefined,
    'comma separated, each 32 random bytes in base64url; the first makes, all check',
    { secret: true },
  ),
  SCANGATE_SECRETS_FILE: setting(
    'text',
    undefined,
    'a file that holds the same; not one that every user of the machine can read',
  ),
  SCANGATE_CLIENTS_FILE: setting('text', undefined, 'registered clients, reloaded on change'),
  SCANGATE_PLACES_FILE: setting(
    'text',
    undefined,
    'where addresses are: a database of cities or countries in MaxMind’s format (`.mmdb`), read again on change',
  ),
  SCANGATE_PHONE_IDENTITY: setting(
    'list',
    undefined,
    'comma separated: `demo`, `jwt`, `oidc`, `wechat`; `demo` with the file store and a loopback `HOST`',
  ),
  SCANGATE_SUB_BARE: setting(
    'text',
    undefined,
    'with several phone sources: the one whose subjects stand bare in `sub`',
  ),
  SCANGATE_TRUSTED_PROXIES: setting(
    'list',
    undefined,
    'addresses or networks whose `X-Forwarded-For`, `Forwarded` or `X-Real-IP` counts',
  ),
  SCANGATE_PRIVATE_HOSTS: setting(
    'list',
    undefined,
    'host names and networks of yours at which clients’ addresses (`jwks_uri`, `logo_uri`, `backchannel_logout_uri`) may lie though they are private',
  ),
  SCANGATE_LIMITS: setting(
    ['on', 'off'],
    'on',
    '`off` lifts the rate limits and the bounds per address, for tests and benchmarks; `HOST` and the public address must be loopback',
  ),
  SCANGATE_DURABILITY: setting(
    ['auto', 'acknowledged', 'replicated'],
    'auto',
    'when a decision is told: `replicated`, once every replica that must hold it does, at least one; `auto`, the same as long as there are replicas; `acknowledged`, at once',
  ),
  SCANGATE_DOCS: setting(
    ['on', 'off'],
    undefined,
    'whether the API is readable at `/docs` and `/openapi.yaml`; by default only with `demo`',
  ),
  SCANGATE_LOG_LEVEL: setting(
    ['debug', 'info', 'warn', 'error', 'silent'],
    'info',
    'the least severe log line written',
  ),
} as const satisfies Record<string, Setting>;
