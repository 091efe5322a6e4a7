import type { IncomingHttpHeaders } from 'node:http';
import { isTicketId } from '../../secrets/ticket-secrets.ts';
import type { RequestMark } from '../../telemetry/access-log.ts';
import type { Answer } from '../answer/answer.ts';
import type { ParsedRequest } from './parsed-request.ts';

/** Notes whom a request is about, by what it says: nothing of that is checked but that there is such a client. */
export function noteConcerned(
  mark: RequestMark,
  { params, query, body, raw }: Pick<ParsedRequest, 'params' | 'query' | 'body' | 'raw'>,
  isClient: (id: string) => boolean,
): void {
  mark.ticketId = ticketIn(params) ?? ticketIn(body);
  const client =
    textIn(params, 'clientId') ?? textIn(body, 'client_id') ?? textIn(query, 'client_id') ?? basicClient(raw);
  if (client !== undefined && isClient(client)) mark.client = client;
}

/** The client that `Authorization: Basic` names (RFC 6749 §2.3.1). */
function basicClient({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  const given = /^basic +(\S+)$/i.exec(authorization)?.[1];
  if (given === undefined) return undefined;
  const [id = ''] = Buffer.from(given, 'base64').toString('utf8').split(':', 1);
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** Notes the ticket that an answer is about, where the request named none. */
export function noteAnswered(mark: RequestMark, { body }: Answer): void {
  mark.ticketId ??= idIn(textIn(body, 'ticket_id'));
}

/** Members that are a ticket's id, or begin with it. */
const TICKET_MEMBERS = ['id', 'scanCode', 'scan_code', 'handshake', 'code', 'ticket_id'] as const;

function ticketIn(part: unknown): string | undefined {
  for (const member of TICKET_MEMBERS) {
    const id = idIn(textIn(part, member));
    if (id !== undefined) return id;
  }
  return undefined;
}

function idIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = text.indexOf('.');
  const id = at < 0 ? text : text.slice(0, at);
  return isTicketId(id) ? id : undefined;
}

function textIn(part: unknown, member: string): string | undefined {
  if (typeof part !== 'object' || part === null || Buffer.isBuffer(part)) return undefined;
  const value = (part as Readonly<Record<string, unknown>>)[member];
  return typeof value === 'string' ? value : undefined;
}
