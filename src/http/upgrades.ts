import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../telemetry/log.ts';
import { ScangateError } from '../ticket/error.ts';
import { isDefect, refusalOf } from './answer/refusal.ts';
import type { Refusal } from './answer/refusal.ts';
import type { Header } from './answer/security-headers.ts';
import { fromOf } from './caller/client-address.ts';
import type { ClientAddress } from './caller/client-address.ts';
import { readParameters } from './request/parameters.ts';
import type { SocketRoute } from './request/socket-route.ts';
import { answerText } from './answer/answer-text.ts';
import type { Connections } from './connections/connections.ts';

export interface UpgradeParts {
  readonly sockets: readonly SocketRoute[];
  readonly addressOf: (req: IncomingMessage) => ClientAddress;
  readonly security: readonly Header[];
  /** As of the application. */
  readonly admit: (req: IncomingMessage) => void;
  readonly connections: Connections;
  readonly log: Log;
  /** Told of the problem's code of each that is refused. */
  readonly onRefused: (code: string) => void;
  /** As of the application: makes the id by which a request's log lines belong together. */
  readonly makeRequestId: (req: IncomingMessage) => string;
}

/** Handles `Upgrade` requests; what is refused before the handshake is answered as a problem over plain HTTP. */
export type UpgradeHandler = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

export function upgradeHandler(parts: UpgradeParts): UpgradeHandler {
  const { connections, log } = parts;
  const rows = parts.sockets.map((row) => ({ row, pattern: patternOf(row.path) }));

  async function open(
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    requestId: string | undefined,
  ): Promise<void> {
    parts.admit(req);
    const { url = '' } = req;
    const at = url.indexOf('?');
    const path = at < 0 ? url : url.slice(0, at);
    for (const { row, pattern } of rows) {
      const id = pattern.exec(path)?.[1];
      if (id === undefined || !row.isId(id) || req.method !== 'GET') continue;
      const { after } = readParameters(at < 0 ? '' : url.slice(at + 1));
      await row.open({ id, after, address: parts.addressOf(req).counted, requestId, req, socket, head });
      return;
    }
    throw new ScangateError('not_found');
  }

  return (req, socket, head) => {
    socket.on('error', ignore);
    connections.upgrade(socket);
    const handedOver = (): void => connections.handOver(socket);
    const requestId = log.isLevelEnabled('debug') ? parts.makeRequestId(req) : undefined;
    open(req, socket, head, requestId).then(handedOver, (error: unknown) => {
      const refusal = refusalOf(error, 'problem', () => ({ status: 400 }));
      parts.onRefused(refusal.code);
      const { status } = refusal.answer;
      log.info({ status, why: refusal.code, ip: fromOf(parts.addressOf(req)) }, 'socket refused');
      if (requestId !== undefined) noteRefused(log, requestId, refusal);
      if (isDefect(refusal)) log.error({ err: error, route: 'upgrade' }, 'defect');
      connections.finish(socket, answerText(refusal.answer, parts.security));
    });
  };
}

function noteRefused(log: Log, req: string, { code, answer }: Refusal): void {
  const { field, detail } = (answer.body ?? {}) as { readonly field?: string; readonly detail?: string };
  log.debug({ req, transport: 'socket', why: code, field, detail }, 'an upgrade was refused');
}

function ignore(): void {
  // A socket that breaks during its handshake has nobody left to tell.
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:\w+/, '([^/]+)')}$`);
}
