import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { PhoneIdentities } from '../../phone/identities.ts';
import type { PageSignIn } from '../../phone/phone-identity.ts';
import { isCurrent } from '../../secrets/rotation.ts';
import { scanCodeIn, scanPath } from '../../secrets/scan-address.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import type { Answer } from '../answer/answer.ts';
import type { Away, AwayCookies } from '../caller/away-cookie.ts';
import { localPath } from '../caller/local-path.ts';
import { setPageCookie } from '../caller/page-cookie.ts';
import type { PageCookieParts } from '../caller/page-cookie.ts';
import type { Pages } from '../pages/pages.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { rotationOf, sameDeviceCodeOf, scanCodeOf } from '../tickets/scan-code.ts';

export interface PhoneSignInParts extends PageCookieParts {
  /** The public address without a trailing slash. */
  readonly issuer: string;
  readonly phones: PhoneIdentities;
  readonly pages: Pages;
  readonly commands: TicketCommands;
  readonly secrets: TicketSecrets;
  readonly awayCookies: AwayCookies;
  /** Makes a state: 128 random bits or more. */
  readonly makeState: () => string;
}

const common = { method: 'get', errors: 'page', limit: 'scans', hidden: true } as const;
const operation = {
  tags: ['phone'],
  params: z.object({ source: z.string().regex(/^[a-z]{1,20}$/) }),
  answers: { 303: { description: 'Onward.' } },
} as const;

/** `GET /phone/{source}/start`: to the source of a phone's user. */
export function startPhoneSignInRoute(parts: PhoneSignInParts): Route {
  return route({
    ...common,
    path: '/phone/:source/start',
    operation: {
      ...operation,
      id: 'beginPhoneSignIn',
      summary: 'Sign the phone in at its source',
      query: z.object({ return_to: z.string().max(500).optional(), fresh: z.literal('true').optional() }),
    },
    handle: async (request) => {
      const { source } = request.params;
      const signIn = signInOf(parts.phones, source);
      const returnTo = localPath(request.query.return_to);
      // WeChat takes letters and digits only.
      const state = Buffer.from(parts.makeState()).toString('hex');
      const ticketId = await ticketOfScanPath(parts, returnTo);
      const callback = callbackOf(parts.issuer, source);
      const fresh = request.query.fresh === 'true';
      const { address, kept } = await signIn.begin(callback, state, request.agent, fresh);
      const away = { source, state, returnTo, kept, ...(ticketId === undefined ? {} : { ticketId }) };
      return seeOther(address, [parts.awayCookies.set(away)]);
    },
  });
}

/** `GET /phone/{source}/callback`: back to the very ticket. */
export function finishPhoneSignInRoute(parts: PhoneSignInParts): Route {
  return route({
    ...common,
    path: '/phone/:source/callback',
    operation: {
      ...operation,
      id: 'finishPhoneSignIn',
      summary: 'Back from the source',
      query: z.looseObject({ state: z.string().max(200).optional() }),
    },
    handle: async (request) => {
      const { source } = request.params;
      const signIn = signInOf(parts.phones, source);
      const away = parts.awayCookies.read(request, source, request.query.state);
      const came = new URL(callbackOf(parts.issuer, source));
      for (const [name, value] of Object.entries(request.query)) came.searchParams.set(name, String(value));
      const user = await signIn.finish(came, away.state, away.kept);
      const over = parts.awayCookies.clear(source);
      if (user === undefined || !(await holdsPhone(parts, user)))
        return refusedPage(parts, request, away, over);
      const cookie = await setPageCookie(parts, user);
      return seeOther(await wayBack(parts, away), [over, cookie]);
    },
  });
}

// Whom the source knows may still be one who may not sign in: they would be asked again for ever who they are.
async function holdsPhone({ phones, pageSessions }: PhoneSignInParts, user: User): Promise<boolean> {
  return (await phones.identify({ pageSession: pageSessions.issue(user) })) !== undefined;
}

function refusedPage(
  { pages }: PhoneSignInParts,
  { raw }: { readonly raw: IncomingHttpHeaders },
  { source, returnTo }: Away,
  cookie: string,
): Answer {
  const texts = pages.texts(raw);
  const values = {
    title: texts['t.problem_title'],
    sentence: texts['t.problem_phone_refused'],
    code: 'phone_unknown',
    detail: `The source ${source} confirmed nobody who may sign in.`,
    back_url: `/phone/${source}/start?${new URLSearchParams({ return_to: returnTo }).toString()}`,
    back_text: texts['t.try_again'],
  };
  const page = pages.show('problem', raw, values, 403);
  return { ...page, headers: { ...page.headers, 'Set-Cookie': [cookie], 'Cache-Control': 'no-store' } };
}

function callbackOf(issuer: string, source: string): string {
  return `${issuer}/phone/${source}/callback`;
}

function signInOf(phones: PhoneIdentities, source: string): PageSignIn {
  const found = phones.all.find((identity) => identity.source === source)?.pageSignIn;
  if (found === undefined) throw new ScangateError('not_found');
  return found;
}

// Who came with a code that opened may take some time to sign in: the same ticket is gone on with.
async function ticketOfScanPath(
  { commands, secrets }: PhoneSignInParts,
  path: string,
): Promise<string | undefined> {
  const checked = secrets.checkScanCode(scanCodeIn(path) ?? '');
  if (checked === undefined) return undefined;
  const view = await commands.look(checked.ticketId, () => undefined);
  return isCurrent(checked.period, rotationOf(view)) ? checked.ticketId : undefined;
}

async function wayBack(
  { commands, secrets }: PhoneSignInParts,
  { ticketId, returnTo }: Away,
): Promise<string> {
  if (ticketId === undefined) return returnTo;
  const view = await commands.look(ticketId, () => undefined);
  if (view.ticket.status !== 'pending') return returnTo;
  const sameDevice = secrets.checkScanCode(scanCodeIn(returnTo) ?? '')?.sameDevice === true;
  return scanPath((sameDevice ? sameDeviceCodeOf : scanCodeOf)(secrets, view));
}

function seeOther(location: string, cookies: readonly string[]): Answer {
  const headers = { Location: location, 'Set-Cookie': cookies, 'Cache-Control': 'no-store' };
  return { status: 303, headers };
}
