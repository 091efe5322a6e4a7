import { Temporal } from '@js-temporal/polyfill';
import { z } from 'zod';
import { SIGNING_ALGS } from '../../secrets/signing-keys.ts';
import { ACCEPT_POLICIES } from '../../ticket/events.ts';
import { RISK_OUTCOMES, RISK_SIGNS } from '../../ticket/risk.ts';
import type { RiskPolicy, RiskSign } from '../../ticket/risk.ts';
import { COLORS } from './client-looks.ts';
import { PKCE_POLICIES, SESSION_LIFE_MAX_MS } from './client.ts';
import type { ClientPolicy } from './client.ts';
import { PROTOCOL_CLAIMS } from './protocol-claims.ts';

const duration = (minMs: number, maxMs: number) =>
  z.string().transform((text, context) => {
    const ms = millisecondsOf(text);
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    context.addIssue({
      code: 'custom',
      message:
        ms === undefined
          ? 'is not an ISO 8601 duration such as PT30S'
          : `must be ${minMs} to ${maxMs} milliseconds`,
    });
    return z.NEVER;
  });

const LIVES = {
  ticket_life: duration(100, 3_600_000),
  decision_time: duration(100, 3_600_000),
  ticket_life_max: duration(100, 3_600_000),
  code_life: duration(100, 600_000),
  qr_period: duration(100, 3_600_000),
  device_life: duration(100, 3_600_000),
  access_token_life: duration(100, 86_400_000),
  session_life: duration(100, SESSION_LIFE_MAX_MS),
} as const;

const CLAIM = z
  .string()
  .max(100)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
  .refine((name) => !PROTOCOL_CLAIMS.includes(name), 'is no claim about a user');

// As browsers write it (RFC 6454 §7): a scheme, a host and perhaps a port, all in small letters, and nothing behind.
const ORIGIN = z
  .string()
  .max(300)
  .regex(
    /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:[1-9][0-9]{0,4})?$/,
    'is no origin such as capacitor://localhost',
  );

// An absolute address without a fragment (RFC 8707 §2).
const RESOURCE = z
  .string()
  .max(500)
  .refine((text) => URL.canParse(text) && !text.includes('#'), 'is no absolute address without a fragment');

const OUTCOME = z.enum(RISK_OUTCOMES).optional();
const RISK = z.strictObject(
  Object.fromEntries(RISK_SIGNS.map((sign) => [sign, OUTCOME])) as Record<RiskSign, typeof OUTCOME>,
);

/** A client's policy in a file, under `scangate`. A wrong word in it is a mistake. */
export const POLICY = z.strictObject({
  shows_scanner: z.boolean().default(true),
  number_match: z.boolean().default(false),
  accept: z.enum(ACCEPT_POLICIES).optional(),
  risk: RISK.optional(),
  verified: z.boolean().default(false),
  sealed_results: z.boolean().default(false),
  endpoint_audiences: z.boolean().default(false),
  pkce: z.enum(PKCE_POLICIES).default('required'),
  access_token_alg: z.enum(SIGNING_ALGS).optional(),
  claims: z.array(CLAIM).max(50).default([]),
  origins: z.array(ORIGIN).max(50).optional(),
  embedders: z.array(ORIGIN).max(20).optional(),
  resources: z.array(RESOURCE).max(50).optional(),
  introspects: z.array(z.string()).max(1000).optional(),
  colors: COLORS.optional(),
  logout_on_expiry: z.boolean().optional(),
  ...z.object(LIVES).partial().shape,
});

/** What a policy in a file comes to. */
export function policyOf(row: z.output<typeof POLICY>): ClientPolicy {
  const {
    shows_scanner,
    number_match,
    // A browser that may not see who scanned cannot be asked whether that is right.
    accept = shows_scanner ? 'doubt' : 'never',
    risk,
    verified,
    sealed_results,
    endpoint_audiences,
    pkce,
    access_token_alg,
    introspects,
    origins,
    embedders,
    resources,
    colors,
    logout_on_expiry,
    claims: _claims,
    ...lives
  } = row;
  const inMs = Object.fromEntries(
    Object.entries(lives).flatMap(([name, ms]) => (ms === undefined ? [] : [[`${name}_ms`, ms]])),
  ) as Partial<Record<`${keyof typeof LIVES}_ms`, number>>;
  const asks = {
    ...(access_token_alg === undefined ? {} : { access_token_alg }),
    ...(introspects === undefined ? {} : { introspects }),
    ...(origins === undefined ? {} : { origins }),
    ...(embedders === undefined ? {} : { embedders }),
    ...(resources === undefined ? {} : { resources }),
    ...(colors === undefined ? {} : { colors }),
    ...(logout_on_expiry === undefined ? {} : { logout_on_expiry }),
    ...(sealed_results ? { sealed_results } : {}),
    ...(endpoint_audiences ? { endpoint_audiences } : {}),
    ...(risk === undefined ? {} : { risk: risk as RiskPolicy }),
  };
  return { shows_scanner, number_match, accept, verified, pkce, ...asks, ...inMs };
}

function millisecondsOf(text: string): number | undefined {
  try {
    const duration = Temporal.Duration.from(text);
    return Math.round(duration.total({ unit: 'milliseconds', relativeTo: '1970-01-01' }));
  } catch {
    return undefined;
  }
}
