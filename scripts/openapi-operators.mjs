/** What the operators' listener answers with, for `openapi.yaml`: it has no route table. */
import { z } from 'zod';
import { problem } from '../src/http/request/schemas.ts';
import { KINDS } from '../src/record/entry/kinds.ts';
import { PAGE_DEFAULT, PAGE_MAX } from '../src/record/search/asked.ts';

const SERVERS = [
  { url: 'http://127.0.0.1:9080', description: 'The operators’ listener, `SCANGATE_ADMIN_LISTEN`.' },
];

const device = { address: z.string().optional(), agent: z.string().optional(), place: z.string().optional() };

const entry = z
  .object({
    id: z.string().meta({ description: 'Sorts by time; decimal.' }),
    at: z.iso.datetime(),
    node: z.int().meta({ description: 'The number of the node that wrote it.' }),
    kind: z.string().meta({
      description:
        'The log’s word for what happened to a ticket or a session (`minted`, `confirmed`, `opened`, …), or a security event’s.',
    }),
    ticket_id: z.string().optional(),
    session_id: z.string().optional(),
    client_id: z.string().optional(),
    reason: z.string().optional(),
    count: z.int().optional().meta({ description: 'How many it stands for.' }),
    partition: z
      .int()
      .optional()
      .meta({ description: 'Of a `gap`: the partition whose events are missing.' }),
    from: z.iso.datetime().optional().meta({ description: 'Of a `gap`: they were written from then on.' }),
    to: z.iso.datetime().optional().meta({ description: 'Of a `gap`: they were written until then.' }),
    ended: z.int().optional().meta({
      description: 'Of an operator’s `revocation`, and of `forgotten`: how many sessions and tickets ended.',
    }),
    entries: z
      .int()
      .optional()
      .meta({ description: 'Of `forgotten`: how many entries tell of nobody since.' }),
    cursor: z.string().optional(),
    superseded: z
      .object({ id: z.string(), kind: z.string() })
      .optional()
      .meta({ description: 'Of `superseded`: the entry whose event a failover took back.' }),
    user: z.string().optional().meta({ description: 'The subject, as the source names the user.' }),
    source: z.string().optional(),
    issuer: z.string().optional(),
    name: z.string().optional(),
    ...device,
    browser: z.object(device).optional().meta({ description: 'Who waited, where the phone acted.' }),
    erased: z.boolean().optional().meta({ description: 'What it said of a person was forgotten.' }),
  })
  .meta({ id: 'AuditEvent' });

const page = z
  .object({
    events: z.array(entry),
    next: z.string().optional().meta({
      description: 'Where the next page begins: its `after`, or its `before` with the newest first.',
    }),
    record_since: z.iso.datetime().optional().meta({
      description:
        'How far back the record goes. Absent: nothing was let go of, and it has all that ever was.',
    }),
  })
  .meta({ id: 'AuditPage' });

const text = (description) => z.string().optional().meta({ description });

const query = z.object({
  user: text('A subject, or `<source>:<subject>`.'),
  client_id: text('For this client.'),
  ticket_id: text('Of this ticket, and of the session that it opened.'),
  session_id: text('Of this session.'),
  address: text('From this address, the browser’s or the phone’s.'),
  kind: z.enum(KINDS).optional().meta({ description: 'Of this kind.' }),
  since: text('From this time on (RFC 3339), or as long ago as an ISO 8601 duration says.'),
  until: text('Before this time.'),
  after: text('Ids above this one.'),
  before: text('Ids below this one.'),
  order: z.enum(['oldest', 'newest']).optional().meta({ description: 'Which come first.' }),
  limit: z
    .int()
    .min(1)
    .max(PAGE_MAX)
    .optional()
    .meta({ description: `By default ${PAGE_DEFAULT}.` }),
});

const timeline = z
  .object({
    ticket_id: z.string(),
    events: z.array(
      z.object({
        at: z.iso.datetime(),
        type: z.string(),
        cursor: z.string(),
        details: z.string().meta({ description: 'By whom and from where, in a few words; may be empty.' }),
      }),
    ),
  })
  .meta({ id: 'Timeline' });

const sessions = z
  .object({
    sessions: z.array(
      z.object({
        sid: z.string(),
        ticket_id: z.string(),
        client_id: z.string(),
        opened_at: z.iso.datetime(),
        last_seen_at: z.iso.datetime(),
        browser: z.object({ ip: z.string(), place: z.string().optional(), agent: z.string() }),
      }),
    ),
  })
  .meta({ id: 'UserSessions' });

function problemOf(description) {
  return { description, content: { 'application/problem+json': { schema: problem } } };
}

function unavailable() {
  return {
    ...problemOf('`store_unavailable`'),
    headers: { 'Retry-After': { description: 'Whole seconds, at least 1.', schema: { type: 'string' } } },
  };
}

function textOf(description) {
  return { description, content: { 'text/plain': { schema: { type: 'string' } } } };
}

/** @param {import('@asteasolutions/zod-to-openapi').OpenAPIRegistry} registry */
export function registerOperators(registry) {
  registry.registerComponent('securitySchemes', 'adminToken', {
    type: 'http',
    scheme: 'bearer',
    description: '`SCANGATE_ADMIN_TOKEN`, where one is set.',
  });
  registry.registerPath({
    method: 'get',
    path: '/v1/audit',
    operationId: 'getAudit',
    summary: 'What the record holds',
    description:
      'For operators, on their own listener. All that is given must hold. A page may be short and yet not the last: one call looks ' +
      'at a bounded number of events, and `next` says where to go on.',
    tags: ['running'],
    security: [{}, { adminToken: [] }],
    servers: SERVERS,
    request: { query },
    responses: {
      200: { description: 'One page.', content: { 'application/json': { schema: page } } },
      400: problemOf('`invalid_request`'),
      401: textOf('A token is needed.'),
      404: {
        description: 'No record is kept; on the public address, always.',
        content: {
          'text/plain': { schema: { type: 'string' } },
          'application/problem+json': { schema: problem },
        },
      },
      503: unavailable(),
    },
  });
  registerTimeline(registry);
  registerSessions(registry);
}

function registerSessions(registry) {
  registry.registerPath({
    method: 'get',
    path: '/v1/user-sessions',
    operationId: 'getUserSessions',
    summary: 'Where a user is signed in',
    description:
      'For operators, on their own listener: those that end last, at most a hundred of each issuer.',
    tags: ['running'],
    security: [{}, { adminToken: [] }],
    servers: SERVERS,
    request: {
      query: z.object({
        user: z.string().meta({ description: '`<source>:<subject>`, of a source that is set up.' }),
      }),
    },
    responses: {
      200: { description: 'Active sessions.', content: { 'application/json': { schema: sessions } } },
      400: problemOf('`invalid_request`'),
      401: textOf('A token is needed.'),
      404: problemOf('`not_found`: on the public address, always.'),
      503: unavailable(),
    },
  });
}

function registerTimeline(registry) {
  registry.registerPath({
    method: 'get',
    path: '/v1/timeline',
    operationId: 'getTimeline',
    summary: 'A ticket’s whole history',
    description:
      'For operators, on their own listener, as `scangate timeline` shows it: as long as the log holds it.',
    tags: ['running'],
    security: [{}, { adminToken: [] }],
    servers: SERVERS,
    request: {
      query: z.object({
        ticket_id: z.string().meta({ description: 'Its id, or what the log’s lines call it, `t_…`.' }),
      }),
    },
    responses: {
      200: { description: 'Its events.', content: { 'application/json': { schema: timeline } } },
      401: textOf('A token is needed.'),
      404: problemOf('`not_found`: the log holds no such ticket; on the public address, always.'),
      503: unavailable(),
    },
  });
}
