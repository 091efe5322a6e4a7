import { z } from 'zod';
import { SIGNING_ALGS } from '../../secrets/signing-keys.ts';
import { AUTH_METHODS } from '../clients/client.ts';
import { redirectMistake } from '../clients/redirect-uri.ts';
import { REFUSED_MEMBERS } from '../clients/unsupported-members.ts';
import { OAuthError } from '../error.ts';

const text = (max: number) => z.string().min(1).max(max);
const redirects = (max: number) => z.array(text(2000)).max(max);

/** The scopes that a client may register itself for. */
const SCOPES: readonly string[] = ['openid', 'profile', 'email', 'phone', 'offline_access'];

// Without the device grant: a phone could be shown nothing of such a client but the name that it gives itself.
const METADATA = z.object({
  client_name: text(200).optional(),
  redirect_uris: redirects(20).min(1),
  post_logout_redirect_uris: redirects(20).optional(),
  grant_types: z
    .array(z.enum(['authorization_code', 'refresh_token']))
    .min(1)
    .default(['authorization_code']),
  response_types: z.array(z.literal('code')).min(1).default(['code']),
  scope: z.string().max(1000).optional(),
  token_endpoint_auth_method: z.enum(AUTH_METHODS).default('client_secret_basic'),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(10) }).optional(),
  id_token_signed_response_alg: z.enum(SIGNING_ALGS).default('RS256'),
  require_pushed_authorization_requests: z.boolean().optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  default_max_age: z.int().min(0).max(999_999_999).optional(),
});

const REFUSED = z.object({
  ...REFUSED_MEMBERS,
  jwks_uri: z.undefined({ error: 'is not supported: register the keys themselves, as jwks' }).optional(),
  scangate: z.undefined({ error: 'is the operator’s to decide' }).optional(),
});

/** What a client says of itself, checked, with what it is silent on filled in. */
export type RegisteredMetadata = Readonly<z.output<typeof METADATA>> & { readonly scope: string };

/**
 * Reads what a client says of itself (RFC 7591 §2). What is not understood, and what the gateway does not do for clients
 * that nobody vouches for (a logo, a logout address), is left out.
 *
 * @param plainHttp whether redirect addresses may be http on any host.
 * @throws OAuthError `invalid_redirect_uri`, `invalid_client_metadata`
 */
export function readMetadata(body: unknown, plainHttp: boolean): RegisteredMetadata {
  const metadata = parsed(METADATA, body);
  parsed(REFUSED, body);
  const addresses = [...metadata.redirect_uris, ...(metadata.post_logout_redirect_uris ?? [])];
  for (const address of addresses) {
    const why = redirectMistake(address, plainHttp);
    if (why !== undefined) throw new OAuthError('invalid_redirect_uri', `A redirect address ${why}.`);
  }
  const isSigned = metadata.token_endpoint_auth_method === 'private_key_jwt';
  if (isSigned !== (metadata.jwks !== undefined))
    throw metadataMistake('jwks goes with token_endpoint_auth_method=private_key_jwt, and with no other.');
  if (metadata.jwks?.keys.some((key) => 'd' in key || 'k' in key))
    throw metadataMistake('jwks must hold public keys.');
  return { ...metadata, scope: scopeOf(metadata) };
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw mistakeOf(read.error.issues[0]);
}

function scopeOf({
  scope,
  grant_types: grants,
}: Pick<z.output<typeof METADATA>, 'scope' | 'grant_types'>): string {
  const usual = grants.includes('refresh_token') ? 'openid profile offline_access' : 'openid profile';
  const asked = new Set((scope ?? usual).split(' '));
  return SCOPES.filter((name) => asked.has(name)).join(' ');
}

function mistakeOf(issue: z.core.$ZodIssue | undefined): OAuthError {
  const path = issue?.path.map(String).join('.') ?? '';
  if (path.startsWith('redirect_uris'))
    return new OAuthError('invalid_redirect_uri', 'redirect_uris must be a list of addresses.');
  const why = issue?.message.replace(/^Invalid input: /, '') ?? 'does not fit';
  return metadataMistake(`${path === '' ? 'The body' : path}: ${why}.`);
}

function metadataMistake(why: string): OAuthError {
  return new OAuthError('invalid_client_metadata', why);
}
