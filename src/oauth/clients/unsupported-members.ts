import { z } from 'zod';

const unsupported = (only: string) => ({ error: `is not supported but as ${only}` });

/** Members that promise a protection which there is not: a client that counts on one must not start without it. */
export const REFUSED_MEMBERS = {
  subject_type: z.literal('public', unsupported('public')).optional(),
  require_signed_request_object: z.literal(false, unsupported('false')).optional(),
  tls_client_certificate_bound_access_tokens: z.literal(false, unsupported('false')).optional(),
  id_token_encrypted_response_alg: z.undefined({ error: 'is not supported' }).optional(),
  userinfo_encrypted_response_alg: z.undefined({ error: 'is not supported' }).optional(),
  userinfo_signed_response_alg: z.undefined({ error: 'is not supported' }).optional(),
} as const;

/** Members of the registrations of RFC 7591 and OpenID Connect that mean something elsewhere and nothing here. */
export const IGNORED_MEMBERS = {
  frontchannel_logout_uri: z.unknown().optional(),
  default_acr_values: z.unknown().optional(),
  initiate_login_uri: z.unknown().optional(),
  request_uris: z.unknown().optional(),
  sector_identifier_uri: z.unknown().optional(),
} as const;

/** Which of {@link IGNORED_MEMBERS} a registration has. */
export function ignoredMembers(row: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(IGNORED_MEMBERS).filter((name) => row[name] !== undefined);
}
