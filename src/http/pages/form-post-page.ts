import type { IncomingHttpHeaders } from 'node:http';
import type { FormPost } from '../../oauth/authorization/response-mode.ts';
import type { Answer } from '../answer/answer.ts';
import type { Pages } from './pages.ts';

/**
 * What this page alone may: send a form to another site. `form-action` would also hold for where that site redirects the
 * user to, which is not ours to know. And the site sees whose form it is by `Origin`, as many ask for.
 */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  'Referrer-Policy': 'strict-origin',
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
};

/** The page whose form carries an answer to a client's redirect address. */
export function formPostPage(
  pages: Pages,
  headers: IncomingHttpHeaders,
  clientName: string,
  { action, members }: FormPost,
): Answer {
  const { code, id_token, error, error_description, state, iss } = members;
  const values = { code, id_token, error, error_description, state, iss };
  const page = pages.show('form-post', headers, { client_name: clientName, action, ...values });
  return { ...page, headers: { ...page.headers, ...HEADERS } };
}
