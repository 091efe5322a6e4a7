import { z } from 'zod';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import { remainingMs } from '../../command/ticket-view.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { HeardCall, SceneScan } from '../../phone/wechat/callback.ts';
import type { WechatScenes } from '../../phone/wechat/scene.ts';
import { scanAddress } from '../../secrets/scan-address.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { BrowserGate } from '../caller/browser-gate.ts';
import { escapeHtml } from '../pages/template.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { ticketParams } from '../request/schemas.ts';
import { scanCodeOf } from '../tickets/scan-code.ts';

export interface WechatRouteParts {
  readonly issuer: string;
  readonly scenes: WechatScenes;
  readonly commands: TicketCommands;
  readonly secrets: TicketSecrets;
  readonly clients: ClientRegistry;
  readonly gate: BrowserGate;
}

const EVENTS_PATH = '/phone/wechat/events';

const sceneCode = z
  .object({ url: z.string(), expires_in_ms: z.int().positive() })
  .meta({ id: 'WechatSceneCode', description: 'What a QR code must say to be scanned with WeChat.' });

const signed = z.object({
  signature: z.string().max(100).default(''),
  timestamp: z.string().max(20).default(''),
  nonce: z.string().max(100).default(''),
  msg_signature: z.string().max(100).optional(),
  echostr: z.string().max(500).optional(),
});

/** A message of WeChat's. Its documents name no media type. */
const messageBody = {
  type: 'text',
  mediaTypes: ['text/xml', 'application/xml', 'text/plain'],
  bytesMax: 65_536,
  schema: z.string(),
} as const;

/** `GET /v1/tickets/{id}/wechat`. */
export function wechatCodeRoute({ scenes, commands, secrets, gate }: WechatRouteParts): Route {
  return route({
    method: 'get',
    path: '/v1/tickets/:id/wechat',
    limit: 'scans',
    crossOrigin: true,
    operation: {
      id: 'getWechatCode',
      summary: 'A QR code that WeChat itself scans',
      description: 'Where the phone identity is `wechat` with an official account: else unknown.',
      tags: ['browser'],
      security: ['browserCookie', 'browserBearer'],
      params: ticketParams,
      answers: { 200: { description: 'What the QR code must say.', schema: sceneCode } },
      refusals: ['not_found', 'store_unavailable', 'not_replicated'],
    },
    handle: async (request) => {
      const { id } = request.params;
      const view = await commands.look(id, gate.guard(gate.claim(id, request.raw)));
      if (view.ticket.status !== 'pending') throw new ScangateError('not_found');
      const code = await scenes.create(sceneOf(secrets, id, view.ticket.minted.key_id), remainingMs(view));
      return {
        status: 200,
        headers: { 'Cache-Control': 'no-store' },
        body: { url: code.url, expires_in_ms: code.expiresIn * 1000 },
      };
    },
  });
}

/** `GET /phone/wechat/events`: WeChat asks whether this address is the official account's. */
export function proveWechatAddressRoute({ scenes }: WechatRouteParts): Route {
  return route({
    method: 'get',
    path: EVENTS_PATH,
    hidden: true,
    operation: {
      id: 'proveWechatAddress',
      summary: 'WeChat asks whether this address is the account’s',
      tags: ['phone'],
      query: signed,
      answers: { 200: { description: 'The echo.', type: 'text/plain' } },
    },
    handle: async ({ query }) => {
      const { echostr } = query;
      if (echostr === undefined || !(await scenes.callback.hear(query, echostr)))
        throw new ScangateError('not_found');
      return { status: 200, body: echostr };
    },
  });
}

/**
 * `POST /phone/wechat/events`: WeChat tells of a scan. WeChat has no confirm step, so the scan changes nothing: the reply
 * in the chat leads to the approval page. The very same call again is acknowledged, and nothing more.
 */
export function hearWechatRoute(parts: WechatRouteParts): Route {
  return route({
    method: 'post',
    path: EVENTS_PATH,
    hidden: true,
    operation: {
      id: 'hearWechat',
      summary: 'WeChat tells of a scan',
      tags: ['phone'],
      query: signed,
      body: messageBody,
      answers: { 200: { description: 'The reply.', type: 'application/xml' } },
      refusals: ['store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async ({ query, body }) => {
      const call = await parts.scenes.callback.hear(query, body);
      if (call === undefined) throw new ScangateError('not_found');
      const { scan } = call;
      const text = call.repeated || scan === undefined ? undefined : await replyOnce(parts, call, scan);
      if (scan === undefined || text === undefined)
        return { status: 200, type: 'text/plain', body: 'success' };
      return { status: 200, type: 'application/xml; charset=utf-8', body: scan.reply(text) };
    },
  });
}

/** A call that cannot be answered now counts as not made: WeChat makes it again. */
async function replyOnce(
  parts: WechatRouteParts,
  call: HeardCall,
  { scene }: SceneScan,
): Promise<string | undefined> {
  try {
    return await unlessUnknown(replyTo(parts, scene));
  } catch (error) {
    await call.forget().catch(() => undefined);
    throw error;
  }
}

/** What the chat says to a scan of a ticket that is still pending; undefined for any other. */
async function replyTo(
  { commands, secrets, clients, issuer }: WechatRouteParts,
  scene: string,
): Promise<string | undefined> {
  const [ticketId = '', mac = ''] = scene.split('.');
  const view = await commands.look(ticketId, ({ ticket }) => {
    if (sceneOf(secrets, ticketId, ticket.minted.key_id) !== `${ticketId}.${mac}`)
      throw new ScangateError('not_found');
  });
  if (view.ticket.status !== 'pending') return undefined;
  const { client_id: clientId } = view.ticket.minted;
  const address = scanAddress(issuer, scanCodeOf(secrets, view));
  const name = clients.find(clientId)?.client_name ?? clientId;
  return `${escapeHtml(name)}: <a href="${address}">确认登录 / Continue to sign in</a>`;
}

function sceneOf(secrets: TicketSecrets, ticketId: string, keyId: string): string {
  return `${ticketId}.${secrets.fingerprint('wechat-scene', keyId, [ticketId])}`;
}

async function unlessUnknown<R>(work: Promise<R>): Promise<R | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ScangateError && error.code === 'not_found') return undefined;
    throw error;
  }
}
