import { z } from 'zod';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { PhoneIdentities } from '../../phone/identities.ts';
import type { PageSessions } from '../../phone/page-session.ts';
import type { PageSignIn } from '../../phone/phone-identity.ts';
import { isCurrent } from '../../secrets/rotation.ts';
import { scanCodeIn, scanPath } from '../../secrets/scan-address.ts';
import type { Seal } from '../../secrets/seal.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Answer } from '../answer/answer.ts';
import { hostCookie, setCookie } from '../caller/credentials.ts';
import { setPageCookie } from '../caller/page-cookie.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { rotationOf, scanCodeOf } from '../tickets/scan-code.ts';
import { localPath } from './approval.ts';

/** What signing a phone in at its source is made of. */
export interface PhonePageOptions {
  readonly issuer: string;
  readonly phones: PhoneIdentities;
  readonly pageSessions: PageSessions;
  readonly commands: TicketCommands;
  readonly secrets: TicketSecrets;
  /** Seals what a browser keeps while it is away. */
  readonly seal: Seal;
  /** Makes a state: 128 random bits or more. */
  readonly makeId: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What the browser keeps while it is at the source. */
interface Kept {
  readonly source: string;
  readonly state: string;
  readonly returnTo: string;
  /** The ticket whose scan code it came with: that one is gone on with, even if its code has changed meanwhile. */
  readonly ticketId?: string;
  readonly kept: Readonly<Record<string, string>>;
  readonly until: number;
}

const AWAY_MS = 600_000;
const params = z.object({ source: z.string().regex(/^[a-z]{1,20}$/) });
const onward = { 303: { description: 'Onward.' } };

/** `/phone/{source}/start` and `/callback`: to the source of a phone's user, and back to the very ticket. */
export function phonePageRoutes(options: PhonePageOptions): readonly Route[] {
  const { issuer, phones, pageSessions, commands, secrets, seal, now } = options;
  const secure = issuer.startsWith('https:');

  function signInOf(source: string): PageSignIn {
    const found = phones.all.find((identity) => identity.source === source)?.pageSignIn;
    if (found === undefined) throw new ScangateError('not_found');
    return found;
  }

  const cookieName = (source: string): string => hostCookie(`scangate_at_${source}`, secure);

  function cookie(source: string, value: string, lifeMs: number): string {
    const maxAge = Math.floor(lifeMs / 1000);
    return setCookie(cookieName(source), value, { path: '/', secure, sameSite: 'Lax', maxAge });
  }

  function read(value: string | undefined, source: string, state: string | undefined): Kept {
    const text = value === undefined ? undefined : seal.open(value);
    const kept = text === undefined ? undefined : (JSON.parse(text) as Kept);
    if (kept?.source !== source || kept.state !== state || now() >= kept.until)
      throw new ScangateError('invalid_request', {
        field: 'state',
        message: 'The sign-in was begun elsewhere or long ago.',
      });
    return kept;
  }

  // Who came with a code that opened may take some time to sign in: the same ticket is gone on with.
  async function ticketOf(returnTo: string): Promise<string | undefined> {
    const checked = secrets.checkScanCode(scanCodeIn(returnTo) ?? '');
    if (checked === undefined) return undefined;
    const view = await commands.look(checked.ticketId, () => undefined);
    return isCurrent(checked.period, rotationOf(view)) ? checked.ticketId : undefined;
  }

  async function wayBack({ ticketId, returnTo }: Kept): Promise<string> {
    if (ticketId === undefined) return returnTo;
    const view = await commands.look(ticketId, () => undefined);
    return view.ticket.status === 'pending' ? scanPath(scanCodeOf(secrets, view)) : returnTo;
  }

  function back(location: string, cookies: readonly string[]): Answer {
    return {
      status: 303,
      headers: { Location: location, 'Set-Cookie': cookies, 'Cache-Control': 'no-store' },
    };
  }

  return [
    route({
      method: 'get',
      path: '/phone/:source/start',
      errors: 'page',
      limit: 'scans',
      hidden: true,
      operation: {
        id: 'beginPhoneSignIn',
        summary: 'Sign the phone in at its source',
        tags: ['phone'],
        params,
        query: z.object({ return_to: z.string().max(500).optional() }),
        answers: onward,
      },
      handle: async (request) => {
        const { source } = request.params;
        const signIn = signInOf(source);
        const returnTo = localPath(request.query.return_to);
        // WeChat takes letters and digits only.
        const state = Buffer.from(options.makeId()).toString('hex');
        const ticketId = await ticketOf(returnTo);
        const { address, kept } = await signIn.begin(callbackOf(issuer, source), state, request.agent);
        const all: Kept = {
          source,
          state,
          returnTo,
          kept,
          until: now() + AWAY_MS,
          ...(ticketId === undefined ? {} : { ticketId }),
        };
        return back(address, [cookie(source, seal.seal(JSON.stringify(all)), AWAY_MS)]);
      },
    }),

    route({
      method: 'get',
      path: '/phone/:source/callback',
      errors: 'page',
      limit: 'scans',
      hidden: true,
      operation: {
        id: 'finishPhoneSignIn',
        summary: 'Back from the source',
        tags: ['phone'],
        params,
        query: z.looseObject({ state: z.string().max(200).optional() }),
        answers: onward,
      },
      handle: async (request) => {
        const { source } = request.params;
        const signIn = signInOf(source);
        const kept = read(request.cookie(cookieName(source)), source, request.query.state);
        const came = new URL(callbackOf(issuer, source));
        for (const [name, value] of Object.entries(request.query)) came.searchParams.set(name, String(value));
        const user = await signIn.finish(came, kept.state, kept.kept);
        const over = cookie(source, '', 0);
        if (user === undefined) return back(kept.returnTo, [over]);
        return back(await wayBack(kept), [over, setPageCookie(pageSessions, user, secure)]);
      },
    }),
  ];
}

function callbackOf(issuer: string, source: string): string {
  return `${issuer}/phone/${source}/callback`;
}
