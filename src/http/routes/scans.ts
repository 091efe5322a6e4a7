import { z } from 'zod';
import type { Guard, TicketAt, TicketCommands } from '../../command/ticket-commands.ts';
import { remainingMs } from '../../command/ticket-view.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import { releaseOf } from '../../oauth/claims/release.ts';
import { domainOf } from '../../oauth/clients/client.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import { isCurrent } from '../../secrets/rotation.ts';
import { SECRET_LENGTH_MAX } from '../../secrets/ticket-secrets.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { sameUser } from '../../ticket/decide.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import { RISK_OUTCOMES, RISK_REASONS } from '../../ticket/risk.ts';
import { asksNumber } from '../../ticket/ticket.ts';
import { sameNetwork } from '../caller/client-address.ts';
import type { Idempotency } from '../tickets/idempotency.ts';
import { languageOf } from '../pages/language.ts';
import { looksOf } from '../pages/client-looks.ts';
import type { PhoneCaller } from '../caller/phone-caller.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { idempotencyHeaders, ticketId, ticketStatus } from '../request/schemas.ts';
import { needsFreshSignIn } from '../tickets/fresh-sign-in.ts';
import { rotationOf } from '../tickets/scan-code.ts';
import type { ScanRisk } from '../tickets/scan-risk.ts';
import type { ScanTicket } from '../tickets/scanning.ts';
import type { UserCodes } from '../tickets/user-codes.ts';

export interface ScanRouteParts {
  readonly commands: TicketCommands;
  readonly scanTicket: ScanTicket;
  readonly scanRisk: ScanRisk;
  readonly secrets: TicketSecrets;
  readonly clients: ClientRegistry;
  readonly caller: PhoneCaller;
  readonly idempotency: Idempotency;
  readonly userCodes: UserCodes;
  /** The public address without a trailing slash. */
  readonly issuer: string;
}

const scanBody = z.object({
  scan_code: z.string().min(1).max(SECRET_LENGTH_MAX).optional(),
  user_code: z.string().min(1).max(32).optional(),
});

const release = z
  .object({
    scopes: z.array(z.string()).meta({ description: 'The scopes that the application is given.' }),
    claims: z.array(z.string()).meta({
      description: 'The names of the claims that it is told beside `sub`, of those that this user has.',
    }),
    resource: z.string().optional().meta({ description: 'Who else is shown its access tokens (RFC 8707).' }),
  })
  .meta({ id: 'Release', description: 'What the application gets of the user once they confirm.' });

const risk = z
  .object({
    outcome: z.enum(RISK_OUTCOMES).meta({
      description: '`match`: the number must be typed. `refuse`: the ticket is denied, and nobody signs in.',
    }),
    reasons: z.array(z.enum(RISK_REASONS)).meta({ description: 'To be said to the user in words.' }),
  })
  .meta({
    id: 'Risk',
    description: 'What of this sign-in may not be the user’s own doing; absent: nothing was seen.',
  });

const scanAnswer = z
  .object({
    ticket_id: ticketId,
    handshake: z.string().meta({ description: 'For this phone alone: it confirms or denies.' }),
    status: ticketStatus,
    client: z.object({
      name: z.string(),
      domain: z.string().optional().meta({ description: 'Absent for an app that has none.' }),
      verified: z.boolean(),
      logo: z.url().optional().meta({ description: 'The client’s logo, as the gateway serves it.' }),
      colors: z
        .url()
        .optional()
        .meta({ description: 'Its colours, as a style sheet for the gateway’s own page.' }),
    }),
    browser: z.object({
      ip: z.string(),
      place: z.string().optional().meta({
        description:
          'Near where its address is, in the language of `Accept-Language`, where the gateway can tell.',
      }),
      agent: z.string(),
      first_seen: z.iso.datetime(),
      same_network: z.boolean(),
    }),
    user_code: z.string().optional(),
    number_match: z.boolean().optional(),
    risk: risk.optional(),
    release,
    max_age: z.int().min(0).optional().meta({
      description:
        'The application asks that the user signed in on the phone within so many seconds; 0: since it asked.',
    }),
    fresh_needed: z.literal(true).optional().meta({
      description: 'This phone’s sign-in is older than that: sign the user in anew before they confirm.',
    }),
    same_device: z.literal(true).optional().meta({
      description: 'The browser is on this very device: after the decision, open its `return_url`.',
    }),
    expires_in_ms: z.int().min(0),
  })
  .meta({ id: 'Scanned' });

/** What a code from outside names: a ticket, and what that ticket must be for the code to open it. */
interface Scannable {
  readonly ticketId: string;
  /** The ticket itself where it had to be read to know its key. */
  readonly at: TicketAt;
  readonly keyId: string;
  readonly sameDevice: boolean;
  readonly guard: Guard;
}

/** `POST /v1/scans`. */
export function scanRoute(parts: ScanRouteParts): Route {
  return route({
    method: 'post',
    path: '/v1/scans',
    limit: 'scans',
    limitsUser: true,
    crossOrigin: true,
    operation: {
      id: 'scan',
      summary: 'Scan a code',
      description:
        'The same user again gets the same answer with 200. A sign-in that is refused for its risk is answered as scanned, with the ' +
        'status `denied`.',
      tags: ['phone'],
      security: ['phoneBearer', 'phonePage'],
      headers: idempotencyHeaders,
      body: { type: 'json', schema: scanBody },
      answers: {
        201: { description: 'Scanned: who asks, and from where.', schema: scanAnswer },
        200: { description: 'This user scanned it before.', schema: scanAnswer },
      },
      refusals: [
        'phone_unknown',
        'not_found',
        'already_scanned',
        'already_confirmed',
        'already_denied',
        'already_cancelled',
        'already_redeemed',
        'expired',
        'idempotency_mismatch',
        'store_unavailable',
        'not_replicated',
        'newer_schema',
      ],
    },
    handle: async (request) => {
      const user = await parts.caller.user(request);
      const found = await find(parts, request.body, user, request.counted);
      const { ticketId: id, keyId, sameDevice } = found;
      const key = request.headers['idempotency-key'];
      const scope = { key, operation: 'scan', caller: user, ticketId: id, keyId, body: request.body };
      return await parts.idempotency.run(scope, async () => {
        const phone = { ip: request.ip, agent: request.agent };
        const view = await parts.scanTicket(found.at, found.guard, { user, phone, sameDevice });
        const authTime = await parts.caller.authTime(request);
        const language = languageOf(request.raw['accept-language']);
        return {
          status: view.decided ? 201 : 200,
          body: answerOf(parts, view, { ip: request.ip, authTime, language }),
        };
      });
    },
  });
}

async function find(
  parts: ScanRouteParts,
  { scan_code: scanCode, user_code: userCode }: z.output<typeof scanBody>,
  user: User,
  address: string | undefined,
): Promise<Scannable> {
  if (scanCode !== undefined && userCode === undefined) return findByScanCode(parts, scanCode, user);
  if (scanCode === undefined && userCode !== undefined)
    return await findByUserCode(parts, userCode, user, address);
  const message = 'Send either scan_code or user_code.';
  throw new ScangateError('invalid_request', { field: 'scan_code', message });
}

function findByScanCode({ secrets }: ScanRouteParts, scanCode: string, user: User): Scannable {
  const checked = secrets.checkScanCode(scanCode);
  if (checked === undefined) throw new ScangateError('not_found');
  const { ticketId: id, keyId, period, sameDevice } = checked;
  return {
    ticketId: id,
    at: id,
    keyId,
    sameDevice,
    guard: (view) => {
      if (view.ticket.minted.key_id !== keyId) throw new ScangateError('not_found');
      const { scanned } = view.ticket;
      const mine = scanned !== undefined && sameUser(scanned.user, user);
      if (!mine && !isCurrent(period, rotationOf(view)))
        throw new ScangateError('expired', { message: 'The QR code is outdated. Scan the one shown now.' });
    },
  };
}

async function findByUserCode(
  { commands, userCodes }: ScanRouteParts,
  userCode: string,
  user: User,
  address: string | undefined,
): Promise<Scannable> {
  const found = await userCodes.find(userCode, { user, address });
  if (found === undefined) throw new ScangateError('not_found');
  const view = await commands.look(found, () => undefined);
  const keyId = view.ticket.minted.key_id;
  return { ticketId: found, at: view, keyId, sameDevice: false, guard: () => undefined };
}

function answerOf(
  { secrets, clients, scanRisk, userCodes, issuer }: ScanRouteParts,
  view: TicketView,
  phone: { readonly ip: string; readonly authTime: number | undefined; readonly language: string },
): z.output<typeof scanAnswer> {
  const { ticket, ticketId: id, head } = view;
  const { minted, scanned } = ticket;
  if (scanned === undefined) throw new ScangateError('not_found');
  const client = clients.find(minted.client_id);
  const { logo_url: logo, colors_url: colors } = looksOf(client);
  const given = releaseOf(ticket, client);
  const domain = client && domainOf(client, minted.redirect_uri);
  const place = scanRisk.placeOf(minted.browser.ip)?.name(phone.language);
  return {
    ticket_id: id,
    handshake: secrets.handshake(id, minted.key_id, scanned.id),
    status: ticket.status,
    client: {
      name: client?.client_name ?? minted.client_id,
      ...(domain === undefined ? {} : { domain }),
      verified: client?.policy.verified ?? false,
      ...(logo === undefined ? {} : { logo: issuer + logo }),
      ...(colors === undefined ? {} : { colors: issuer + colors }),
    },
    browser: {
      ...minted.browser,
      ...(place === undefined ? {} : { place }),
      first_seen: new Date(head.first).toISOString(),
      same_network: sameNetwork(minted.browser.ip, phone.ip),
    },
    ...(minted.grant === 'device_code' ? { user_code: userCodes.shown(id, minted.key_id) } : {}),
    ...(asksNumber(ticket) ? { number_match: true } : {}),
    ...(scanned.risk === undefined ? {} : { risk: { ...scanned.risk, reasons: [...scanned.risk.reasons] } }),
    ...(scanned.same_device === true ? { same_device: true } : {}),
    release: { ...given, scopes: [...given.scopes], claims: [...given.claims] },
    ...(minted.max_age === undefined ? {} : { max_age: minted.max_age }),
    ...(needsFreshSignIn(view, phone.authTime) ? { fresh_needed: true as const } : {}),
    expires_in_ms: remainingMs(view),
  };
}
