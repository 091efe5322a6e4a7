import { z } from 'zod';
import type { PhoneApp } from '../../config/phone-app.ts';
import { demoUser } from '../../phone/demo.ts';
import type { PhoneIdentities } from '../../phone/identities.ts';
import type { PhoneIdentity } from '../../phone/phone-identity.ts';
import { personShown } from '../../phone/person-name.ts';
import { scanPath } from '../../secrets/scan-address.ts';
import { SECRET_LENGTH_MAX } from '../../secrets/ticket-secrets.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import type { Answer } from '../answer/answer.ts';
import { localPath } from '../caller/local-path.ts';
import { setPageCookie } from '../caller/page-cookie.ts';
import type { PageCookieParts } from '../caller/page-cookie.ts';
import { allows, formSite } from '../caller/request-site.ts';
import { appLink } from '../pages/app-link.ts';
import type { Origins } from '../caller/origins.ts';
import { FORM_PAGE } from '../answer/security-headers.ts';
import type { Pages, Texts } from '../pages/pages.ts';
import { escapeHtml } from '../pages/template.ts';
import type { PhoneCaller } from '../caller/phone-caller.ts';
import { route } from '../request/route.ts';
import type { Route, RouteRequest } from '../request/route.ts';

export interface ApprovalRouteParts extends PageCookieParts {
  readonly secrets: TicketSecrets;
  readonly phones: PhoneIdentities;
  readonly caller: PhoneCaller;
  readonly origins: Origins;
  readonly pages: Pages;
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** The operator's own app. */
  readonly phoneApp: PhoneApp;
  /** Whether anyone may be anyone. */
  readonly demo: boolean;
}

const html = { 200: { description: 'The approval page.', type: 'text/html' } };

/** `GET /s/{scan code}`: a page that changes nothing. */
export function approvalPageRoute(parts: ApprovalRouteParts): Route {
  return route({
    method: 'get',
    path: '/s/:scanCode',
    errors: 'page',
    link: true,
    operation: {
      id: 'getApprovalPage',
      summary: 'What the QR code opens',
      description: 'Changes nothing: its script scans only after a tap.',
      tags: ['phone'],
      params: z.object({ scanCode: z.string().max(SECRET_LENGTH_MAX) }),
      answers: html,
      refusals: ['not_found'],
    },
    handle: async (request) => {
      const { scanCode } = request.params;
      const checked = parts.secrets.checkScanCode(scanCode);
      if (checked === undefined) throw new ScangateError('not_found');
      const waiting = checked.sameDevice ? `/v1/tickets/${checked.ticketId}` : undefined;
      return await approvalPage(parts, request, { scanCode, waiting }, scanPath(scanCode));
    },
  });
}

/** `GET /device`: the same page, for a user code. */
export function devicePageRoute(parts: ApprovalRouteParts): Route {
  return deviceRoute(parts, { path: '/device', id: 'getDevicePage' });
}

/** `GET /device/`: the same, as people type it. */
export function deviceFolderRoute(parts: ApprovalRouteParts): Route {
  return deviceRoute(parts, { path: '/device/', id: 'getDeviceFolder', hidden: true });
}

function deviceRoute(
  parts: ApprovalRouteParts,
  { id, ...at }: { readonly path: string; readonly id: string; readonly hidden?: boolean },
): Route {
  return route({
    ...at,
    method: 'get',
    errors: 'page',
    link: true,
    operation: {
      id,
      summary: 'Where a user code is typed',
      tags: ['phone'],
      query: z.object({ user_code: z.string().max(32).optional() }),
      answers: html,
    },
    handle: async (request) => {
      const { user_code: userCode } = request.query;
      const query =
        userCode === undefined ? '' : `?${new URLSearchParams({ user_code: userCode }).toString()}`;
      return await approvalPage(parts, request, { userCode }, `/device${query}`);
    },
  });
}

async function approvalPage(
  parts: ApprovalRouteParts,
  request: RouteRequest,
  codes: {
    readonly scanCode?: string;
    readonly userCode?: string | undefined;
    /** The ticket that this very browser waits for, where the code is one of the same device. */
    readonly waiting?: string | undefined;
  },
  returnTo: string,
): Promise<Answer> {
  const { caller, pages, phones, demo } = parts;
  const user = await caller.pageUser(request);
  const links = signInLinks(phones, returnTo);
  const appOnly = user === undefined && links === '' && !demo;
  const texts = pages.texts(request.raw);
  const kind = codes.waiting === undefined ? 'continue' : 'same_device';
  const page = pages.show('approve', request.raw, {
    scan_code: codes.scanCode,
    user_code: codes.userCode,
    continue_title: texts[`t.${kind}_title`],
    continue_text: texts[`t.${kind}_text`],
    waiting_url: codes.waiting,
    return_to: returnTo,
    signed_in: user !== undefined,
    user_name: user && personShown(user),
    demo_signed_in: demo && user !== undefined,
    demo_signed_out: demo && user === undefined,
    asks_who: user === undefined && !appOnly,
    sign_in_links: links,
    fresh_links: demo ? demoAgain(user, pages.texts(request.raw), returnTo) : freshLinks(phones, returnTo),
    ...appValues(parts, request, returnTo, appOnly),
  });
  return { ...page, headers: { ...page.headers, ...FORM_PAGE } };
}

/** What the page says of the operator's app. Where only the app can approve, it says that, and where. */
function appValues(
  { phoneApp, pages, issuer }: ApprovalRouteParts,
  { agent, raw }: RouteRequest,
  path: string,
  appOnly: boolean,
): Readonly<Record<string, string | undefined>> {
  const texts = pages.texts(raw);
  const name = phoneApp.name ?? texts['t.app_unnamed'] ?? '';
  const { open, stores } = appLink(phoneApp, agent, `${issuer}${path}`);
  return {
    app_only_title: appOnly ? worded(texts, 'app_only_title', name) : undefined,
    app_only_text: worded(texts, 'app_only_text', name),
    app_open_url: open,
    app_open_text: worded(texts, 'app_open', name),
    app_store_links: stores
      .map(
        (store) => `<p><a href="${escapeHtml(store)}">${escapeHtml(worded(texts, 'app_get', name))}</a></p>`,
      )
      .join(''),
  };
}

function worded(texts: Texts, key: string, name: string): string {
  return (texts[`t.${key}`] ?? '').replace('%s', () => name);
}

/** `POST /demo/phone`: the pretend identity's own form. */
export function pretendRoute(parts: ApprovalRouteParts): Route {
  return route({
    method: 'post',
    path: '/demo/phone',
    errors: 'page',
    hidden: true,
    operation: {
      id: 'pretend',
      summary: 'Pretend to be someone',
      tags: ['phone'],
      body: {
        type: 'form',
        schema: z.object({ name: z.string().max(400), return_to: z.string().max(500).optional() }),
      },
      answers: { 303: { description: 'Back to the approval page.' } },
    },
    handle: async ({ body, raw }) => {
      if (!allows('sign_in_by_form', formSite(raw, parts.origins)))
        throw new ScangateError('invalid_request', { field: 'Origin' });
      const user = demoUser(body.name.trim());
      if (user === undefined) throw new ScangateError('invalid_request', { field: 'name' });
      const cookie = await setPageCookie(parts, user);
      return { status: 303, headers: { Location: localPath(body.return_to), 'Set-Cookie': cookie } };
    },
  });
}

function signInLinks(phones: PhoneIdentities, returnTo: string): string {
  return linksTo(phones.all, { return_to: returnTo });
}

/** Where a user whose sign-in is too old for an application signs in anew. */
function freshLinks(phones: PhoneIdentities, returnTo: string): string {
  const sources = phones.all.filter(({ knowsAuthTime }) => knowsAuthTime);
  return linksTo(sources, { return_to: returnTo, fresh: 'true' });
}

/** The same for a pretend user. */
function demoAgain(user: User | undefined, texts: Texts, returnTo: string): string {
  const hidden = { name: user?.subject ?? '', return_to: returnTo };
  const inputs = Object.entries(hidden).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}" />`,
  );
  const button = `<button type="submit" class="button wide">${escapeHtml(texts['t.pretend_button'] ?? '')}</button>`;
  return `<form method="post" action="/demo/phone">${inputs.join('')}${button}</form>`;
}

function linksTo(sources: readonly PhoneIdentity[], parameters: Readonly<Record<string, string>>): string {
  return sources
    .flatMap(({ pageSignIn }) => (pageSignIn === undefined ? [] : [pageSignIn]))
    .map(({ label, startPath }) => {
      const address = `${startPath}?${new URLSearchParams(parameters).toString()}`;
      return `<p><a class="button" href="${escapeHtml(address)}">${escapeHtml(label)}</a></p>`;
    })
    .join('');
}
