import type { Row } from '../row.ts';
import { CLIENT_SECRET } from '../stage.ts';
import type { Stage } from '../stage.ts';
import type { PlainOpen } from '../visitor.ts';
import { playWebApp } from '../web-app.ts';

export const expressOpenidConnect: Row = {
  name: 'express-openid-connect',
  smoke: true,
  kind: 'client',
  source: { from: 'npm', packages: { 'express-openid-connect': '3.4.0', express: '5.3.0' } },
  settings: 'registered for `response_types: ["id_token"]`, its default',
  registers: (here) => ({
    redirect_uris: [`${here}/callback`],
    response_types: ['id_token'],
    grant_types: ['implicit'],
    post_logout_redirect_uris: [here],
    backchannel_logout_uri: `${here}/backchannel-logout`,
  }),
  async open(stage) {
    await stage.start(process.execPath, '../../oauth/apps/express-openid-connect.mjs', {
      env: { BASE_URL: stage.here },
    });
    return playWebApp(stage, { login: '/', byForm: true, has: ['signs out', 'is signed out'] });
  },
};

export const passportOpenidconnect: Row = {
  name: 'passport-openidconnect',
  smoke: true,
  kind: 'client',
  source: {
    from: 'npm',
    packages: {
      'passport-openidconnect': '0.1.2',
      passport: '0.7.0',
      express: '5.3.0',
      'express-session': '1.18.1',
    },
  },
  settings: '`pkce: "none"`: it sends neither PKCE nor a nonce',
  registers: (here) => ({
    redirect_uris: [`${here}/callback`],
    client_secret: CLIENT_SECRET,
    scangate: { pkce: 'none' },
  }),
  async open(stage) {
    await stage.start(process.execPath, 'passport-openidconnect.mjs');
    return playWebApp(stage);
  },
};

export const nextAuth4: Row = {
  name: 'next-auth 4',
  smoke: true,
  kind: 'client',
  source: { from: 'npm', packages: { 'next-auth': '4.24.13', express: '5.3.0' } },
  settings: '`pkce: "none"`: its `checks` are `state` alone by default',
  registers: (here) => ({
    redirect_uris: [`${here}/api/auth/callback/scangate`],
    client_secret: CLIENT_SECRET,
    scangate: { pkce: 'none' },
  }),
  async open(stage) {
    await stage.start(process.execPath, 'next-auth.mjs', { env: { NEXTAUTH_URL: stage.here } });
    return playWebApp(stage, {
      login: '/api/auth/signin',
      press: 'form[action$="/signin/scangate"] button',
      begin: (open) => beginAtAuth(open, stage, '/api/auth'),
      user: '/api/auth/session',
      problem: '/problem',
    });
  },
};

export const authCore: Row = {
  name: '@auth/core',
  kind: 'client',
  source: { from: 'npm', packages: { '@auth/core': '0.41.1' } },
  settings: '',
  registers: (here) => ({
    redirect_uris: [`${here}/auth/callback/scangate`],
    client_secret: CLIENT_SECRET,
  }),
  async open(stage) {
    await stage.start(process.execPath, 'auth-core.mjs');
    return playWebApp(stage, {
      login: '/auth/signin',
      press: 'form[action$="/signin/scangate"] button',
      begin: (open) => beginAtAuth(open, stage, '/auth'),
      user: '/auth/session',
      problem: '/problem',
    });
  },
};

/** What the button of their sign-in page does: a form with a token against forgery. */
async function beginAtAuth(open: PlainOpen, { here }: Stage, base: string): Promise<string> {
  const { csrfToken } = JSON.parse(await open(`${here}${base}/csrf`)) as { csrfToken: string };
  const form = new URLSearchParams({ csrfToken, callbackUrl: `${here}/` });
  return await open(`${here}${base}/signin/scangate`, form);
}
