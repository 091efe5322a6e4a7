import { z } from 'zod';
import { CURSOR_LENGTH_MAX } from '../../ticket/cursor.ts';
import { DENIAL_REASONS } from '../../ticket/events.ts';
import type { TicketNotice } from '../../ticket/notice.ts';
import { TICKET_STATUSES } from '../../ticket/ticket.ts';
import { DEFECT, PROBLEMS } from '../answer/problem.ts';
import type { ProblemBody } from '../answer/problem.ts';

/** The shapes that several routes share. `id` in a shape's metadata is its name in `openapi.yaml`. */

export const ticketId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/)
  .meta({ description: '128 random bits in base64url. Public: it opens nothing by itself.' });

export const ticketParams = z.object({ id: ticketId });

export const ticketStatus = z
  .enum(TICKET_STATUSES)
  .meta({ id: 'TicketStatus', description: 'denied, cancelled, expired and redeemed are final.' });

const milliseconds = z.int().min(0);

export const cursor = z
  .string()
  .regex(/^[0-9]+-[0-9]+$/)
  .max(CURSOR_LENGTH_MAX)
  .meta({ id: 'Cursor', description: '`<version>-<nonce>`: the id of one event of one ticket.' });

const resultMembers = { state: z.string().optional(), redirect_to: z.url().optional() } as const;

/** What a client is to hear of a ticket, as `TicketResult` has it. */
export const ticketResult = z.union([
  z.object({ code: z.string(), ...resultMembers }),
  z.object({ error: z.literal('access_denied'), ...resultMembers }),
  z.strictObject({ ...resultMembers, redirect_to: z.url() }),
]);

/** What a browser may know about a ticket now, as {@link TicketNotice} has it. */
export const ticketNotice = z
  .object({
    ticket_id: ticketId,
    status: ticketStatus,
    cursor,
    expires_in_ms: milliseconds,
    reset: z.boolean().meta({ description: 'What was told before may not be true any more.' }),
    scan: z
      .object({ url: z.url(), rotates_in_ms: milliseconds })
      .optional()
      .meta({ description: 'While pending: what the QR code says now.' }),
    scanner: z
      .object({ name: z.string().optional(), picture: z.string().optional() })
      .optional()
      .meta({ description: 'While scanned, as the client’s policy allows, and while `ask` is there.' }),
    same_device: z.literal(true).optional().meta({
      description:
        'While scanned or confirmed: opened on the very device that waits. There is no number, and no result but at `/return`.',
    }),
    number: z
      .string()
      .regex(/^[0-9]{2}$/)
      .optional()
      .meta({ description: 'While scanned: the number that the phone must type.' }),
    second_phone: z
      .literal(true)
      .optional()
      .meta({ description: 'While scanned or asking: somebody else’s phone scanned this code too.' }),
    ask: z
      .literal(true)
      .optional()
      .meta({ description: 'Confirmed, and waits for `accept`, or DELETE, before there is a result.' }),
    reason: z
      .enum(DENIAL_REASONS)
      .optional()
      .meta({
        description:
          'Why it was denied, where no user said so: no number that was typed was right, or the client’s policy refuses what ' +
          'the gateway saw of the sign-in.',
      }),
    result: ticketResult.optional().meta({
      description:
        'A code while confirmed, an error when denied, cancelled or expired; neither where a page sends the answer by form.',
    }),
    sealed: z
      .string()
      .optional()
      .meta({
        description:
          'For a ticket with a `result_key`, in the place of `scanner` and of a `result` with a code: a JWE whose text is an ' +
          'object with these two.',
      }),
    advice: z.object({ retry_after_ms: milliseconds, final: z.boolean() }),
  } satisfies Record<keyof TicketNotice, z.ZodType>)
  .meta({ id: 'TicketNotice' });

export const scope = z
  .string()
  .max(512)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e ]*$/, 'Invalid scope');
export const state = z.string().max(4096);
export const nonce = z.string().max(1024);
export const codeChallenge = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'Must be 43 characters of base64url')
  .meta({ description: 'S256 of the verifier (RFC 7636 §4.2).' });

export const dpopJkt = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'Must be 43 characters of base64url')
  .meta({ description: 'The thumbprint of the key that tokens must be bound to (RFC 9449, section 10).' });

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'Must be 43 characters of base64url');

export const resultKey = z
  .object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate })
  .meta({
    id: 'ResultKey',
    description:
      'A public key of the browser’s own as a JWK: to it who scanned and the code are sealed (ECDH-ES, A256GCM).',
  });

/** `Idempotency-Key`, where a route knows it. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'Must be 1 to 255 visible characters')
    .optional()
    .meta({ description: 'The same key, caller and body get the same answer again; another body is a 422.' }),
});

/** `DPoP`, where a route knows it. */
export const proofHeaders = z.object({
  dpop: z
    .string()
    .max(8192)
    .optional()
    .meta({ description: 'A proof of the key that tokens are bound to (RFC 9449, section 4).' }),
});

/** A refusal (RFC 9457), as {@link ProblemBody} has it. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum([...Object.keys(PROBLEMS), DEFECT.code]),
    detail: z.string().optional(),
    field: z.string().optional(),
    max_age: z.int().optional().meta({
      description: 'With `insufficient_user_authentication`: the oldest sign-in that would do, in seconds.',
    }),
    ticket_status: ticketStatus.optional(),
  } satisfies Record<keyof ProblemBody, z.ZodType>)
  .meta({ id: 'Problem', description: 'RFC 9457, with a stable `code`.' });

/** A refusal of OAuth (RFC 6749 §5.2). */
export const oauthError = z
  .object({
    error: z.string(),
    error_description: z.string().optional(),
    number: z
      .string()
      .optional()
      .meta({ description: 'With `authorization_pending`, once scanned: what the phone must type.' }),
  })
  .meta({ id: 'OAuthError', description: 'RFC 6749, section 5.2.' });

/** What readers without headers of their own send in the query for `Last-Event-ID`. */
export const lastEventId = z
  .string()
  .max(200)
  .optional()
  .meta({ description: 'As `after`, which counts before it: for readers that cannot send `Last-Event-ID`.' });

/** How long a long-poll may wait. It is read where it is held; what is no number there is a 400. */
export const wholeSeconds = z
  .string()
  .max(10)
  .optional()
  .meta({ type: 'integer', minimum: 0, maximum: 55, description: 'Whole seconds; by default 25.' });
