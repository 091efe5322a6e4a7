import { z } from 'zod';
import { ScangateError } from '../../ticket/error.ts';
import { localPath } from '../caller/local-path.ts';
import type { Origins } from '../caller/origins.ts';
import { clearPageCookie, pageCookie } from '../caller/page-cookie.ts';
import { allows, formSite } from '../caller/request-site.ts';
import type { SinglePageEnds } from '../caller/single-page-ends.ts';
import type { Pages } from '../pages/pages.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { signOutEverywhere } from './session-list.ts';
import type { SessionListParts } from './session-list.ts';

export interface PageSignOutParts extends SessionListParts {
  readonly pages: Pages;
  readonly origins: Origins;
  readonly pageEnds: SinglePageEnds;
  /** The public address without a trailing slash. */
  readonly issuer: string;
}

/** `POST /phone/sign-out`: ends the approval page's session on this phone, or all that the user has anywhere. */
export function pageSignOutRoute(parts: PageSignOutParts): Route {
  const { caller, origins, pageEnds, pages, issuer } = parts;
  return route({
    method: 'post',
    path: '/phone/sign-out',
    errors: 'page',
    hidden: true,
    operation: {
      id: 'signOutOfPage',
      summary: 'Sign out of the approval page',
      tags: ['phone'],
      security: ['phonePage'],
      body: {
        type: 'form',
        schema: z.object({
          everywhere: z.enum(['true', '']).optional(),
          return_to: z.string().max(500).optional(),
        }),
      },
      answers: { 200: { description: 'A page that says so.', type: 'text/html' } },
      refusals: ['store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request) => {
      if (!allows('sign_in_by_form', formSite(request.raw, origins)))
        throw new ScangateError('invalid_request', { field: 'Origin' });
      const asksEverywhere = request.body.everywhere === 'true';
      const user = await (asksEverywhere ? caller.endingPageUser(request) : caller.pageUser(request));
      const value = request.cookie(pageCookie(issuer).name);
      const everywhere = asksEverywhere && user !== undefined;
      if (everywhere) await signOutEverywhere(parts, user, request);
      if (user !== undefined && value !== undefined) await pageEnds.endOne(value);
      const texts = pages.texts(request.raw);
      const name = everywhere ? 'everywhere_signed_out' : 'phone_signed_out';
      const page = pages.show('signed-out', request.raw, {
        asks: false,
        session_list: undefined,
        title: texts[`t.${name}`],
        detail: texts[`t.${name}_detail`],
        client_url: localPath(request.body.return_to),
        client_name: texts['t.sign_in_again'],
      });
      const headers = { 'Set-Cookie': clearPageCookie(issuer), 'Cache-Control': 'no-store' };
      return { ...page, headers: { ...page.headers, ...headers } };
    },
  });
}
