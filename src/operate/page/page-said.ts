import type { IncomingMessage } from 'node:http';
import { KINDS } from '../../record/entry/kinds.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Admission } from '../admission.ts';
import { RefusedRequest } from '../refused-request.ts';
import { bodyOf } from '../request-body.ts';
import { line } from '../said.ts';
import type { Said } from '../said.ts';
import type { WrongTokens } from '../wrong-tokens.ts';
import type { PageFiles } from './page-files.ts';

const HTML = 'text/html; charset=utf-8';
const FORM = 'application/x-www-form-urlencoded';
/** Browsers tell where a form is from only where the policy lets them. */
const OWN_FORMS = { 'Referrer-Policy': 'same-origin' } as const;

/** What another than the page hears where only the page may ask. */
export const NOT_THE_PAGE = line(403, 'only the page itself sends this');

/** The page itself. */
export function pageSaid({ page }: PageFiles, hasToken: boolean): Said {
  const body = page.replace('{{token}}', String(hasToken)).replace('{{kinds}}', KIND_OPTIONS);
  return { status: 200, type: HTML, body, headers: OWN_FORMS };
}

const KIND_OPTIONS = KINDS.map(
  (kind) => `<option value="${kind}">${kind.replaceAll('_', ' ')}</option>`,
).join('');

/** What asks for the token. @param why nothing at first. */
export function signInPage({ signIn }: PageFiles, why = ''): Said {
  return { status: 401, type: HTML, body: signIn.replace('{{why}}', why), headers: OWN_FORMS };
}

/** A script, a style sheet or an image, which tell nothing; undefined: none is there. */
export function fileAt({ assets }: PageFiles, path: string): Said | undefined {
  const file = path.startsWith('/page/') ? assets.get(path.slice('/page/'.length)) : undefined;
  return file && { status: 200, type: file.type, body: file.bytes, headers: { 'Cache-Control': 'no-cache' } };
}

export interface SignInParts {
  readonly admission: Admission;
  readonly files: PageFiles;
  readonly log: Log;
  readonly wrongTokens: WrongTokens;
}

/** `POST /sign-in`: changes the token for a cookie. */
export async function signInSaid(parts: SignInParts, req: IncomingMessage): Promise<Said> {
  const { admission, files, log, wrongTokens } = parts;
  if (!admission.isOwnPage(req)) return NOT_THE_PAGE;
  try {
    const given = new URLSearchParams(await bodyOf(req, FORM)).get('token') ?? '';
    const cookie = admission.cookieFor(given, req);
    if (cookie === undefined && admission.hasToken)
      return await wrongTokens.late(req, signInPage(files, WRONG));
    if (cookie !== undefined) log.info({ address: req.socket.remoteAddress }, 'an operator signed in');
    return back(cookie);
  } catch (error) {
    if (error instanceof RefusedRequest) return line(error.status, error.message);
    throw error;
  }
}

/** `POST /sign-out`: ends the cookie. */
export function signOutSaid({ admission }: SignInParts, req: IncomingMessage): Said {
  if (!admission.isOwnPage(req)) return NOT_THE_PAGE;
  return back(admission.signOut(req));
}

function back(cookie: string | undefined): Said {
  const set = cookie === undefined ? {} : { 'Set-Cookie': cookie };
  return { status: 303, type: 'text/plain', body: '', headers: { Location: '/', ...set } };
}

const WRONG = 'This is not the token.';
