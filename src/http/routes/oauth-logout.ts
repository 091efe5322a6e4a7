import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { EndSessionEndpoint, EndSessionRequest } from '../../oauth/logout/end-session.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Answer } from '../answer/answer.ts';
import { preferring } from '../pages/language.ts';
import type { Pages } from '../pages/pages.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { NO_STORE } from './oauth-token.ts';

export interface LogoutRouteParts {
  readonly oauth: { readonly endSession: EndSessionEndpoint };
  readonly pages: Pages;
}

const request = z.object({
  id_token_hint: z.string().max(8192).optional(),
  logout_hint: z.string().max(2000).optional(),
  client_id: z.string().max(200).optional(),
  post_logout_redirect_uri: z.string().max(2000).optional(),
  state: z.string().max(4096).optional(),
  ui_locales: z.string().max(512).optional(),
});

const common = { path: '/oauth/logout', errors: 'page' } as const;
const operation = {
  summary: 'Sign out, from the application',
  description:
    'RP-Initiated Logout 1.0. An `id_token_hint`, outdated or not, ends the one session that it names. Without one nothing ' +
    'is ended, and nobody is redirected.',
  tags: ['oauth'],
  answers: {
    200: { description: 'A page that says what happened.', type: 'text/html' },
    303: {
      description: 'Back to a registered `post_logout_redirect_uri`.',
      headers: { Location: 'Where to' },
    },
  },
  refusals: ['store_unavailable', 'not_replicated', 'newer_schema'],
} as const;

/** `GET /oauth/logout`: by navigation of the whole page. */
export function logoutRoute(parts: LogoutRouteParts): Route {
  return route({
    ...common,
    method: 'get',
    operation: { ...operation, id: 'logout', query: request },
    handle: async ({ query, raw }) => {
      const dest = raw['sec-fetch-dest'];
      if (dest !== undefined && dest !== 'document')
        throw new ScangateError('invalid_request', {
          field: 'Sec-Fetch-Dest',
          message: 'It is no navigation.',
        });
      return await logoutAnswer(parts, query, raw);
    },
  });
}

/** `POST /oauth/logout`. */
export function logoutByPostRoute(parts: LogoutRouteParts): Route {
  return route({
    ...common,
    method: 'post',
    operation: { ...operation, id: 'logoutByPost', body: { type: 'form', schema: request } },
    handle: ({ body, raw }) => logoutAnswer(parts, body, raw),
  });
}

async function logoutAnswer(
  { oauth, pages }: LogoutRouteParts,
  asked: EndSessionRequest & { readonly ui_locales?: string | undefined },
  raw: IncomingHttpHeaders,
): Promise<Answer> {
  const found = await oauth.endSession(asked);
  if (found.kind === 'redirect') return { status: 303, headers: { Location: found.location, ...NO_STORE } };
  const headers = preferring(asked.ui_locales, raw);
  const name = found.kind === 'ended' ? 'signed_out' : 'not_signed_out';
  const texts = pages.texts(headers);
  const client = found.kind === 'ended' ? found.client : undefined;
  const page = pages.show('signed-out', headers, {
    title: texts[`t.${name}`],
    detail: texts[`t.${name}_detail`],
    client_url: client?.client_uri,
    client_name: client?.client_name,
  });
  return { ...page, headers: { ...page.headers, ...NO_STORE } };
}
