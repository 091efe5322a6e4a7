import type { IncomingHttpHeaders } from 'node:http';
import { OAuthError } from '../../oauth/error.ts';
import type { Access, AccessCheck, ShownToken } from '../../oauth/tokens/access.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { SessionNotice } from '../../session/notice.ts';
import { sessionSubject } from '../../store/subject.ts';
import type { Present } from '../../watch/present.ts';
import { nonceError } from '../answer/dpop-nonce.ts';
import { isOriginOf } from '../caller/origins.ts';
import type { Origins } from '../caller/origins.ts';
import { allows, fetchSite, originOf } from '../caller/request-site.ts';
import type { Admitted } from '../transports/admitted.ts';

export interface SessionGateParts {
  readonly access: AccessCheck;
  readonly clients: ClientRegistry;
  readonly origins: Origins;
  readonly presenter: Present<SessionNotice>;
}

/** A watch's request: which session, by what, and from where. */
export interface SessionAsked {
  readonly sid: string;
  readonly transport: 'events' | 'poll' | 'socket';
  readonly shown: ShownToken | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly after: string | undefined;
  readonly address: string | undefined;
}

/**
 * Who may watch a session: the holder of one of its access tokens, from a program, our own pages or the client's.
 * Undefined for everyone else, whether there is such a session or not. One that has ended is still told so.
 *
 * @throws ScangateError `use_dpop_nonce` where that is all that a proof lacks.
 */
export type AdmitSession = (asked: SessionAsked) => Promise<Admitted<SessionNotice> | undefined>;

export function sessionGate(parts: SessionGateParts): AdmitSession {
  const { access, clients, origins, presenter } = parts;

  function mayAsk(clientId: string, headers: IncomingHttpHeaders): boolean {
    const site = fetchSite(headers, origins);
    if (site === 'client_page') return isOriginOf(clients.find(clientId), originOf(headers));
    return allows('bearer', site);
  }

  async function find({ sid, transport, shown }: SessionAsked): Promise<Access | undefined> {
    try {
      return await access.shown(shown, { method: 'GET', path: `/v1/sessions/${sid}/${transport}` });
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      const lacking = nonceError(error);
      if (lacking !== undefined) throw lacking;
      return undefined;
    }
  }

  return async (asked) => {
    const { sid, headers, after, address } = asked;
    const found = await find(asked);
    if (found?.claims.sid !== sid || !mayAsk(found.claims.client_id, headers)) return undefined;
    return {
      subject: sessionSubject(sid),
      present: presenter,
      eventName: 'session',
      after,
      address,
      admit: () => undefined,
    };
  };
}
