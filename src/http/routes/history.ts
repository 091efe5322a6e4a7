import { z } from 'zod';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { ToldEntry } from '../../record/chain/entry-text.ts';
import type { SeenDevice } from '../../record/entry/entry.ts';
import type { User } from '../../ticket/events.ts';
import type { PhoneCaller } from '../caller/phone-caller.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';

export interface HistoryRouteParts {
  readonly clients: ClientRegistry;
  readonly caller: PhoneCaller;
  /** A user's last decisions, the newest first. */
  readonly decisionsOf: (user: User, limit: number) => Promise<readonly ToldEntry[]>;
}

/** How many sign-ins are shown. */
const SHOWN_MAX = 50;

const device = z.object({ ip: z.string(), place: z.string().optional(), agent: z.string() });

const history = z
  .object({
    sign_ins: z
      .array(
        z.object({
          id: z.string().meta({ description: 'Sorts by time; decimal.' }),
          at: z.iso.datetime(),
          status: z.enum(['confirmed', 'denied']),
          reported: z.boolean().optional().meta({ description: 'The user said that it was not theirs.' }),
          client: z.string().meta({ description: 'Its `client_id`.' }),
          client_name: z.string(),
          browser: device,
          phone: device,
        }),
      )
      .meta({ description: `The newest first, at most ${SHOWN_MAX}.` }),
  })
  .meta({ id: 'History' });

type SignIn = z.output<typeof history>['sign_ins'][number];

/** `GET /v1/history`, for the user on the phone. */
export function historyRoute({ clients, caller, decisionsOf }: HistoryRouteParts): Route {
  return route({
    method: 'get',
    path: '/v1/history',
    limit: 'decisions',
    limitsUser: true,
    crossOrigin: true,
    operation: {
      id: 'getHistory',
      summary: 'The user’s last sign-ins',
      description: 'What the user confirmed and denied, as far back as the record is kept.',
      tags: ['sessions'],
      security: ['phoneBearer', 'phonePage'],
      answers: { 200: { description: 'What they decided.', schema: history } },
      refusals: ['phone_unknown', 'store_unavailable'],
    },
    handle: async (request) => {
      const told = await decisionsOf(await caller.user(request), SHOWN_MAX);
      const body = { sign_ins: told.map((one) => signInOf(one, clients)) };
      return { status: 200, headers: { 'Cache-Control': 'no-store' }, body };
    },
  });
}

function signInOf(told: ToldEntry, clients: ClientRegistry): SignIn {
  const client = told.client_id ?? '';
  return {
    id: told.id,
    at: told.at,
    status: told.kind === 'denied' ? 'denied' : 'confirmed',
    ...(told.reason === 'reported' ? { reported: true } : {}),
    client,
    client_name: clients.find(client)?.client_name ?? client,
    browser: deviceOf(told.browser),
    phone: deviceOf(told),
  };
}

function deviceOf({ address = '', agent = '', place }: SeenDevice = {}): z.output<typeof device> {
  return { ip: address, agent, ...(place === undefined ? {} : { place }) };
}
