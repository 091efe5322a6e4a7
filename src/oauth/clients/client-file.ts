import { z } from 'zod';
import { SIGNING_ALGS } from '../../secrets/signing-keys.ts';
import { RESPONSE_TYPES } from '../../ticket/events.ts';
import { AUTH_METHODS, GRANT_TYPES } from './client.ts';
import type { AuthMethod, Client } from './client.ts';
import { DIGEST_SHAPE, isGuessed } from './secret-digest.ts';
import { LOGO_ADDRESS } from './client-looks.ts';
import { POLICY, policyOf } from './client-policy.ts';
import { BadJson, readJsonLines } from './json-lines.ts';
import { callMistake, redirectMistake } from './redirect-uri.ts';
import { IGNORED_MEMBERS, REFUSED_MEMBERS, ignoredMembers } from './unsupported-members.ts';

/** A file of clients that cannot be used. Each mistake is one line that names the file's line; none quotes a secret. */
export class BadClients extends Error {
  override readonly name = 'BadClients';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/** What a file holds. */
export interface ClientFile {
  readonly clients: readonly Client[];
  /** What works and may not be meant: a line each, that names the file's line and quotes no secret. */
  readonly warnings: readonly string[];
}

/** The most clients that one file may hold. */
export const CLIENTS_MAX = 10_000;

const text = (max: number) => z.string().min(1).max(max);
const address = z.url({ protocol: /^https?$/ }).max(2000);
const printable = /^[\x21-\x7e]+$/;

// Metadata that nobody here understands is ignored (RFC 7591 §2); a wrong word in our own policy is a mistake.
const CLIENT = z.object({
  client_id: text(200).regex(printable, 'must be printable ASCII without spaces'),
  client_name: text(200).optional(),
  client_uri: address.optional(),
  redirect_uris: z.array(text(2000)).max(50).default([]),
  post_logout_redirect_uris: z.array(text(2000)).max(50).default([]),
  backchannel_logout_uri: text(2000).optional(),
  backchannel_logout_session_required: z.boolean().optional(),
  grant_types: z
    .array(z.enum([...GRANT_TYPES, 'implicit']))
    .min(1)
    .default(['authorization_code', 'refresh_token']),
  response_types: z.array(z.enum(RESPONSE_TYPES)).min(1).default(['code']),
  scope: z.string().max(1000).optional(),
  token_endpoint_auth_method: z.enum(AUTH_METHODS).optional(),
  client_secret: text(500).regex(printable, 'must be printable ASCII without spaces').optional(),
  client_secret_sha256: z.string().regex(DIGEST_SHAPE, 'is no SHA-256 in base64url or hex').optional(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }).optional(),
  jwks_uri: address.optional(),
  id_token_signed_response_alg: z.enum(SIGNING_ALGS).default('RS256'),
  require_pushed_authorization_requests: z.boolean().default(false),
  dpop_bound_access_tokens: z.boolean().default(false),
  default_max_age: z.int().min(0).max(999_999_999).optional(),
  logo_uri: LOGO_ADDRESS.optional(),
  policy_uri: address.optional(),
  tos_uri: address.optional(),
  contacts: z.array(z.string()).optional(),
  software_id: z.string().optional(),
  software_version: z.string().optional(),
  application_type: z.enum(['web', 'native']).optional(),
  ...REFUSED_MEMBERS,
  ...IGNORED_MEMBERS,
  scangate: POLICY.prefault({}),
});

type Row = z.infer<typeof CLIENT>;

/**
 * Reads a file of clients: a list, or an object whose `clients` is one. Its schema is RFC 7591's, with the operator's
 * policy under `scangate`.
 *
 * @param plainHttp whether redirect addresses may be http on any host, as with a gateway that itself is.
 * @throws {@link BadClients} with every mistake.
 */
export function readClients(json: string, plainHttp: boolean): ClientFile {
  const file = parse(json);
  const wrapped = typeof file.value === 'object' && file.value !== null && !Array.isArray(file.value);
  const base: readonly PropertyKey[] = wrapped ? ['clients'] : [];
  const shape = z.array(CLIENT).max(CLIENTS_MAX);
  const result = wrapped
    ? z
        .strictObject({ clients: shape })
        .transform((whole) => whole.clients)
        .safeParse(file.value)
    : shape.safeParse(file.value);

  const mistake = (path: readonly PropertyKey[], why: string): Mistake => ({
    line: file.lineOf(path),
    text: `${path.length === 0 ? '' : `${pathText(path)} `}${why}`,
  });
  if (!result.success) {
    throw badClients(result.error.issues.flatMap((issue) => mistakesOf(issue, mistake)));
  }
  const mistakes = result.data.flatMap((row, index) =>
    contradictions(row, plainHttp).map(({ member, why }) => mistake([...base, index, ...member], why)),
  );
  const warnings = result.data.flatMap((row, index) =>
    doubts(row).map(({ member, why }) => mistake([...base, index, ...member], why)),
  );
  const seen = new Map<string, number>();
  result.data.forEach((row, index) => {
    const first = seen.get(row.client_id);
    if (first === undefined) seen.set(row.client_id, index);
    else mistakes.push(mistake([...base, index, 'client_id'], 'is the id of an earlier client'));
  });
  if (mistakes.length > 0) throw badClients(mistakes);
  return { clients: result.data.map(clientOf), warnings: linesOf(warnings) };
}

interface Mistake {
  readonly line: number;
  readonly text: string;
}

function badClients(mistakes: readonly Mistake[]): BadClients {
  return new BadClients(linesOf(mistakes));
}

function linesOf(mistakes: readonly Mistake[]): readonly string[] {
  const inOrder = [...mistakes].sort((a, b) => a.line - b.line);
  return inOrder.map(({ line, text }) => `line ${line}: ${text}`);
}

function parse(json: string): ReturnType<typeof readJsonLines> {
  try {
    return readJsonLines(json);
  } catch (error) {
    if (error instanceof BadJson) throw new BadClients([error.message]);
    throw error;
  }
}

function mistakesOf(
  issue: z.core.$ZodIssue,
  mistake: (path: readonly PropertyKey[], why: string) => Mistake,
): readonly Mistake[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => mistake([...issue.path, key], 'is no member that a client has'));
  }
  return [mistake(issue.path, issue.message.replace(/^Invalid input: /, ''))];
}

interface Remark {
  readonly member: readonly PropertyKey[];
  readonly why: string;
}

function doubts(row: Row): readonly Remark[] {
  const found: Remark[] = ignoredMembers(row).map((name) => ({
    member: [name],
    why: 'is not supported: it changes nothing',
  }));
  if (row.scangate.pkce === 'none')
    found.push({
      member: ['scangate', 'pkce'],
      why: 'is none: only state and the client’s secret protect its codes',
    });
  if (row.scangate.endpoint_audiences)
    found.push({
      member: ['scangate', 'endpoint_audiences'],
      why: 'is true: another server that names ours as its endpoint can use its assertions here',
    });
  if (row.client_secret !== undefined && /[+%]/.test(row.client_secret))
    found.push({
      member: ['client_secret'],
      why: 'has a + or %, which clients encode in two ways: both are tried',
    });
  return found;
}

function contradictions(row: Row, plainHttp: boolean): readonly Remark[] {
  const found: Remark[] = [];
  const add = (member: readonly PropertyKey[], why: string): void => void found.push({ member, why });
  row.redirect_uris.forEach((uri, index) => {
    const why = redirectMistake(uri, plainHttp);
    if (why !== undefined) add(['redirect_uris', index], why);
  });
  row.scangate.origins?.forEach((origin, index) => {
    const why = /^https?:/.test(origin) ? redirectMistake(origin, plainHttp) : undefined;
    if (why !== undefined) add(['scangate', 'origins', index], why);
  });
  row.scangate.embedders?.forEach((origin, index) => {
    const why = /^https?:/.test(origin) ? redirectMistake(origin, plainHttp) : 'is no origin of the web';
    if (why !== undefined) add(['scangate', 'embedders', index], why);
  });
  row.post_logout_redirect_uris.forEach((uri, index) => {
    const why = redirectMistake(uri, plainHttp);
    if (why !== undefined) add(['post_logout_redirect_uris', index], why);
  });
  const keysWhy = row.jwks_uri === undefined ? undefined : callMistake(row.jwks_uri);
  if (keysWhy !== undefined) add(['jwks_uri'], keysWhy);
  const why = row.backchannel_logout_uri === undefined ? undefined : callMistake(row.backchannel_logout_uri);
  if (why !== undefined) add(['backchannel_logout_uri'], why);
  const method = methodOf(row);
  const needsSecret = method === 'client_secret_basic' || method === 'client_secret_post';
  const { client_secret: secret, client_secret_sha256: digest } = row;
  if (needsSecret && secret === undefined && digest === undefined)
    add(['token_endpoint_auth_method'], 'needs client_secret');
  for (const name of ['client_secret', 'client_secret_sha256'] as const)
    if (!needsSecret && row[name] !== undefined) add([name], `is of no use with ${method}: leave it out`);
  if (secret !== undefined && digest !== undefined)
    add(['client_secret_sha256'], 'and client_secret are both given');
  if (digest !== undefined && isGuessed(digest, row.client_id))
    add(['client_secret_sha256'], 'is of a secret that anybody would try: take 128 random bits or more');
  if (row.jwks !== undefined && row.jwks_uri !== undefined) add(['jwks_uri'], 'and jwks are both given');
  if (method === 'private_key_jwt' && row.jwks === undefined && row.jwks_uri === undefined)
    add(['token_endpoint_auth_method'], 'needs jwks or jwks_uri');
  row.jwks?.keys.forEach((key, index) => {
    if ('d' in key || 'k' in key) add(['jwks', 'keys', index], 'must be a public key');
  });
  if (row.grant_types.includes('implicit') && !row.response_types.includes('id_token'))
    add(['grant_types'], 'has implicit, which is for response_types with id_token');
  if (row.scangate.sealed_results && row.response_types.includes('id_token'))
    add(['scangate', 'sealed_results'], 'must not be true with id_token, which a page sends by form');
  if (row.scangate.endpoint_audiences && method !== 'private_key_jwt')
    add(['scangate', 'endpoint_audiences'], `is of no use with ${method}: leave it out`);
  if (row.scangate.pkce === 'none' && method === 'none')
    add(['scangate', 'pkce'], 'must not be none for a public client');
  if (!row.scangate.shows_scanner && (row.scangate.accept ?? 'never') !== 'never')
    add(['scangate', 'accept'], 'must be never where shows_scanner is false: there is nobody to ask about');
  const { ticket_life: life, ticket_life_max: max } = row.scangate;
  if (life !== undefined && max !== undefined && life > max)
    add(['scangate', 'ticket_life'], 'must not exceed ticket_life_max');
  return found;
}

function methodOf(row: Row): AuthMethod {
  if (row.token_endpoint_auth_method !== undefined) return row.token_endpoint_auth_method;
  if ((row.client_secret ?? row.client_secret_sha256) !== undefined) return 'client_secret_basic';
  return row.jwks === undefined && row.jwks_uri === undefined ? 'none' : 'private_key_jwt';
}

function clientOf(row: Row): Client {
  const { client_uri, logo_uri, client_secret, jwks, jwks_uri, backchannel_logout_uri } = row;
  return Object.freeze({
    client_id: row.client_id,
    client_name: row.client_name ?? row.client_id,
    ...(client_uri === undefined ? {} : { client_uri }),
    ...(logo_uri === undefined ? {} : { logo_uri }),
    redirect_uris: row.redirect_uris,
    post_logout_redirect_uris: row.post_logout_redirect_uris,
    ...(backchannel_logout_uri === undefined ? {} : { backchannel_logout_uri }),
    grant_types: row.grant_types.filter((grant) => grant !== 'implicit'),
    response_types: row.response_types,
    claims: row.scangate.claims,
    scope: scopeOf(row),
    token_endpoint_auth_method: methodOf(row),
    any_secret_method: row.token_endpoint_auth_method === undefined,
    require_pushed_authorization_requests: row.require_pushed_authorization_requests,
    dpop_bound_access_tokens: row.dpop_bound_access_tokens,
    ...(row.default_max_age === undefined ? {} : { default_max_age: row.default_max_age }),
    ...(client_secret === undefined ? {} : { client_secret }),
    ...(row.client_secret_sha256 === undefined ? {} : { client_secret_sha256: row.client_secret_sha256 }),
    ...(jwks === undefined ? {} : { jwks }),
    ...(jwks_uri === undefined ? {} : { jwks_uri }),
    id_token_signed_response_alg: row.id_token_signed_response_alg,
    policy: policyOf(row.scangate),
  });
}

function scopeOf(row: Row): readonly string[] {
  if (row.scope !== undefined) return [...new Set(row.scope.split(' ').filter((scope) => scope !== ''))];
  return row.grant_types.includes('refresh_token')
    ? ['openid', 'profile', 'offline_access']
    : ['openid', 'profile'];
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
