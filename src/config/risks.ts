import type { Config } from './config.ts';
import { hostNameOf, isLoopback } from './host-name.ts';
import { archiveTlsOf } from './store-kind.ts';

/** What of a configuration is risky though a gateway starts with it: each a sentence behind the name of its setting. */
export function risksOf(config: Config, tlsUnchecked: boolean): readonly string[] {
  const isTriedOut = config.phoneIdentities.includes('demo') && isLoopback(hostNameOf(config.HOST));
  return [
    ...(isTriedOut ? [DEMO] : []),
    ...weaknessesOf(config, tlsUnchecked),
    ...config.unknown.map((name) => `${name}: there is no such setting; it is ignored`),
  ];
}

/** The default, which is the longest that hosted providers of tokens let an application ask for. */
const JWT_LIFE_LONG_MS = 30 * 86_400_000;

const DEMO = 'SCANGATE_PHONE_IDENTITY: demo lets anyone who reaches this gateway be anyone';

/** Of these, what weakens; demo phones only where others than this machine reach them. @param tlsUnchecked whether Node was told to check no certificate. */
export function weaknessesOf(config: Config, tlsUnchecked: boolean): readonly string[] {
  const isLocal = isLoopback(config.publicUrl.hostname);
  const proxies = config.SCANGATE_TRUSTED_PROXIES ?? [];
  const risks: readonly (readonly [boolean, string])[] = [
    [config.phoneIdentities.includes('demo') && !isLoopback(hostNameOf(config.HOST)), DEMO],
    [
      config.publicUrl.protocol === 'http:' && !isLocal,
      'SCANGATE_PUBLIC_URL: over plain http whoever is on the way reads codes, cookies and tokens',
    ],
    [
      config.SCANGATE_PLAIN_HTTP === 'allowed',
      'SCANGATE_PLAIN_HTTP: whoever is on the way reads codes, cookies and tokens',
    ],
    [config.SCANGATE_LIMITS === 'off', 'SCANGATE_LIMITS: nothing is limited'],
    [
      config.publicUrl.protocol === 'https:' && proxies.length === 0 && config.tlsFiles === undefined,
      'SCANGATE_TRUSTED_PROXIES: what ends TLS in front is not listed, so all its clients are limited as one',
    ],
    [proxies.some((one) => one.endsWith('/0')), 'SCANGATE_TRUSTED_PROXIES: everybody may say who they are'],
    [
      config.storeKind === 'redis' && config.SCANGATE_DURABILITY === 'acknowledged',
      'SCANGATE_DURABILITY: decisions are told before a replica has them, and can be lost with one server',
    ],
    [
      config.phoneIdentities.includes('jwt') && config.SCANGATE_PHONE_JWT_LIFE_MAX > JWT_LIFE_LONG_MS,
      'SCANGATE_PHONE_JWT_LIFE_MAX: a phone’s JWT that leaked counts for longer than 30 days',
    ],
    ...storeRisks(config),
    ...archiveRisks(config.SCANGATE_ARCHIVE),
    [
      config.adminListen !== undefined && !isLoopback(hostNameOf(config.adminListen.host)),
      'SCANGATE_ADMIN_LISTEN: its token goes over plain http',
    ],
    [config.SCANGATE_LOG_LEVEL === 'silent', 'SCANGATE_LOG_LEVEL: an outage leaves no line that says why'],
    [tlsUnchecked, 'NODE_TLS_REJECT_UNAUTHORIZED: no certificate is checked'],
  ];
  return risks.filter(([holds]) => holds).map(([, risk]) => risk);
}

function storeRisks({ storeKind, SCANGATE_STORE: store }: Config): readonly (readonly [boolean, string])[] {
  if (storeKind !== 'redis') return [];
  const [, scheme = '', credentials = '', hosts = ''] =
    /^([^:]+):\/\/(?:([^@/]*)@)?([^/?]*)/.exec(store) ?? [];
  const isNear = hosts.split(',').every((host) => isLoopback(host.replace(/:\d+$/, '')));
  return [
    [!isNear && !scheme.startsWith('rediss'), 'SCANGATE_STORE: Redis is spoken to without TLS'],
    [!isNear && !credentials.includes(':'), 'SCANGATE_STORE: Redis is asked without a password'],
  ];
}

function archiveRisks(address: string | undefined): readonly (readonly [boolean, string])[] {
  if (address === undefined) return [];
  const { hostname, searchParams } = new URL(address);
  const host = decodeURIComponent(searchParams.get('host') ?? hostname);
  const tls = archiveTlsOf(address);
  const isNear = host === '' || host.startsWith('/') || isLoopback(hostNameOf(host));
  return [
    [!isNear && tls === false, 'SCANGATE_ARCHIVE: PostgreSQL is spoken to without TLS'],
    [
      !isNear && typeof tls === 'object' && tls.rejectUnauthorized === false,
      'SCANGATE_ARCHIVE: anybody may pass for this PostgreSQL',
    ],
  ];
}
