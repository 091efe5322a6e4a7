import type { Row } from '../row.ts';
import { CLIENT_SECRET } from '../stage.ts';
import { playWebApp } from '../web-app.ts';

export const oidcClientTs: Row = {
  name: 'oidc-client-ts',
  smoke: true,
  kind: 'client',
  source: { from: 'npm', packages: { 'oidc-client-ts': '3.4.1' } },
  settings: '',
  registers: (here) => ({
    redirect_uris: [`${here}/callback`],
    post_logout_redirect_uris: [`${here}/`],
    token_endpoint_auth_method: 'none',
  }),
  async open(stage) {
    await stage.start(process.execPath, 'oidc-client-ts.mjs');
    return playWebApp(stage, { scripted: true, has: ['refreshes', 'signs out'] });
  },
};

export const betterAuth: Row = {
  name: 'better-auth',
  smoke: true,
  kind: 'client',
  source: { from: 'npm', packages: { 'better-auth': '1.4.5' } },
  settings: '`pkce: "none"`, its default; `email` in `scope`, and phones (`jwt`) that know it',
  phones: 'jwt',
  registers: (here) => ({
    redirect_uris: [`${here}/api/auth/oauth2/callback/scangate`],
    client_secret: CLIENT_SECRET,
    scope: 'openid profile email',
    scangate: { pkce: 'none' },
  }),
  async open(stage) {
    await stage.start(process.execPath, 'better-auth.mjs');
    return playWebApp(stage);
  },
};
