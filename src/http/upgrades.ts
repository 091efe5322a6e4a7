import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../telemetry/log.ts';
import { isTicketId } from '../secrets/ticket-secrets.ts';
import { ScangateError } from '../ticket/error.ts';
import type { BrowserClaim } from './caller/browser-gate.ts';
import type { ClientAddress } from './caller/client-address.ts';
import { bearerOf } from './caller/credentials.ts';
import { readParameters } from './request/parameters.ts';
import { isDefect, refusalOf } from './answer/refusal.ts';
import { admittedTicket } from './routes/watches.ts';
import type { WatchRoutesOptions } from './routes/watches.ts';
import type { Header } from './answer/security-headers.ts';
import type { SocketCaller } from './transports/socket-caller.ts';
import { upgradeSocket } from './transports/web-socket.ts';
import type { TicketNotice } from '../ticket/notice.ts';

/** What upgrades are made of. */
export interface UpgradeOptions extends WatchRoutesOptions {
  readonly addressOf: (req: IncomingMessage) => ClientAddress;
  readonly security: readonly Header[];
  readonly log: Log;
  readonly more?: TakeUpgrade | undefined;
}

/**
 * Takes an upgrade of another room's (a session's socket) and says whether it did. May throw as a route does.
 *
 * @param address what the bound per address counts; undefined where it does not apply.
 */
export type TakeUpgrade = (
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  address: string | undefined,
) => boolean;

/** Handles `Upgrade` requests; what is refused before the handshake is answered as a problem over plain HTTP. */
export type UpgradeHandler = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

const SOCKET_PATH = /^\/v1\/tickets\/([^/?]+)\/socket(?:\?(.*))?$/;

export function upgradeHandler(options: UpgradeOptions): UpgradeHandler {
  return (req, socket, head) => {
    socket.on('error', ignore);
    try {
      const address = options.addressOf(req).counted;
      if (options.more?.(req, socket, head, address) !== true) upgrade(options, req, socket, head, address);
    } catch (error) {
      const refusal = refusalOf(error, 'problem', () => ({ status: 400 }));
      if (isDefect(refusal)) options.log.error({ err: error, route: 'upgrade' }, 'defect');
      const { status, headers, type = 'application/json', body = {} } = refusal.answer;
      const text = JSON.stringify(body);
      const lines = [
        `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
        'Connection: close',
        'Cache-Control: no-store',
        ...options.security.map(([name, value]) => `${name}: ${value}`),
        ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${String(value)}`),
        `Content-Type: ${type}`,
        `Content-Length: ${Buffer.byteLength(text)}`,
      ];
      socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`);
    }
  };
}

function ignore(): void {
  // A socket that breaks during its handshake has nobody left to tell.
}

function upgrade(
  options: UpgradeOptions,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  address: string | undefined,
): void {
  const [, ticketId, search = ''] = SOCKET_PATH.exec(req.url ?? '') ?? [];
  if (ticketId === undefined || !isTicketId(ticketId) || req.method !== 'GET')
    throw new ScangateError('not_found');
  const { after } = readParameters(search);
  const asked = { after, address };
  const caller = callerOf(options, ticketId, req, asked);
  upgradeSocket(options.shared, { ...asked, caller }, req, socket, head);
}

function callerOf(
  options: UpgradeOptions,
  ticketId: string,
  req: IncomingMessage,
  asked: { readonly after: string | undefined; readonly address: string | undefined },
): SocketCaller<TicketNotice> {
  const by = bearerOf(req.headers) === undefined ? 'cookie' : 'bearer';
  const admitted = (claim: BrowserClaim | undefined) => claim && admittedTicket(options, claim, asked);
  const claim = unlessUnknown(() => options.gate.claimIfAny(ticketId, req.headers));
  if (claim === undefined) {
    return {
      by: 'message',
      admit: (bearer) =>
        admitted(unlessUnknown(() => options.gate.bearerClaim(ticketId, bearer, req.headers)) ?? undefined),
    };
  }
  return { by, admitted: admitted(claim ?? undefined) };
}

/** Null in place of `not_found`: a socket says that by its close code. */
function unlessUnknown<R>(work: () => R): R | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof ScangateError && error.code === 'not_found') return null;
    throw error;
  }
}
