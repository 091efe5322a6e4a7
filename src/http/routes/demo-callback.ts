import { z } from 'zod';
import type { TokenEndpoint } from '../../oauth/grants/token-endpoint.ts';
import { OAuthError } from '../../oauth/error.ts';
import { setCookie } from '../caller/credentials.ts';
import type { Pages } from '../pages/pages.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';

/** The cookie that holds the verifier of a demo sign-in without JavaScript. */
export const VERIFIER_COOKIE = 'scangate_demo_verifier';

export interface DemoCallbackParts {
  readonly pages: Pages;
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** Redeems for a browser without JavaScript. */
  readonly oauth: { readonly token: TokenEndpoint };
}

/** `GET /demo/callback`: where the demo client receives its user. Its script redeems; without one the gateway does. */
export function demoCallbackRoute({ pages, issuer, oauth }: DemoCallbackParts): Route {
  const redirectUri = `${issuer}/demo/callback`;
  return route({
    method: 'get',
    path: '/demo/callback',
    errors: 'page',
    link: true,
    hidden: true,
    operation: {
      id: 'getDemoCallback',
      summary: 'The demo client’s own page',
      tags: ['running'],
      query: z.object({ code: z.string().max(512).optional() }),
      answers: { 200: { description: 'Who signed in.', type: 'text/html' } },
    },
    handle: async (request) => {
      const { code } = request.query;
      const verifier = request.cookie(VERIFIER_COOKIE);
      const values = { client_id: 'demo', redirect_uri: redirectUri, issuer };
      if (code === undefined || verifier === undefined)
        return pages.show('demo-callback', request.raw, { ...values, plain_subject: undefined });
      const subject = await redeem(oauth.token, { code, verifier, redirectUri });
      const answer = pages.show('demo-callback', request.raw, { ...values, plain_subject: subject });
      const secure = issuer.startsWith('https:');
      const scope = { path: '/demo/callback', secure, sameSite: 'Strict', maxAge: 0 } as const;
      const over = setCookie(VERIFIER_COOKIE, '', scope);
      return { ...answer, headers: { ...answer.headers, 'Set-Cookie': over } };
    },
  });
}

/** Who signed in; undefined where the code is not good any more. */
async function redeem(
  token: TokenEndpoint,
  asked: { readonly code: string; readonly verifier: string; readonly redirectUri: string },
): Promise<string | undefined> {
  const form = {
    grant_type: 'authorization_code',
    code: asked.code,
    code_verifier: asked.verifier,
    client_id: 'demo',
    redirect_uri: asked.redirectUri,
  };
  try {
    const { id_token: idToken } = await token({ form, authorization: undefined, idempotencyKey: undefined });
    return idToken === undefined ? undefined : subjectOf(idToken);
  } catch (error) {
    if (error instanceof OAuthError) return undefined;
    throw error;
  }
}

// Straight from the token endpoint of this very process: its signature needs no check (OpenID Connect Core §3.1.3.7).
function subjectOf(idToken: string): string | undefined {
  const claims = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    readonly sub?: string;
    readonly name?: string;
  };
  return claims.name ?? claims.sub;
}
