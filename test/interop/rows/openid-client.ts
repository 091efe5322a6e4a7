import type { Row } from '../row.ts';
import { CLIENT_SECRET } from '../stage.ts';
import { playWebApp } from '../web-app.ts';

const registers = (here: string) => ({
  redirect_uris: [`${here}/callback`],
  post_logout_redirect_uris: [`${here}/`],
  client_secret: CLIENT_SECRET,
});

const has = ['refreshes', 'signs out'] as const;

export const openidClient5: Row = {
  name: 'openid-client 5',
  smoke: true,
  kind: 'client',
  source: { from: 'npm', packages: { 'openid-client': '5.7.1' } },
  settings: '',
  registers,
  async open(stage) {
    await stage.start(process.execPath, 'openid-client-5.mjs');
    return playWebApp(stage, { has });
  },
};

export const openidClient6: Row = {
  name: 'openid-client 6',
  kind: 'client',
  source: { from: 'npm', packages: { 'openid-client': '6.8.9' } },
  settings: '',
  registers,
  async open(stage) {
    await stage.start(process.execPath, 'openid-client-6.mjs');
    return playWebApp(stage, { has });
  },
};

export const oauth4webapi: Row = {
  name: 'oauth4webapi',
  kind: 'client',
  source: { from: 'npm', packages: { oauth4webapi: '3.8.8' } },
  settings: '',
  registers: (here) => ({
    redirect_uris: [`${here}/callback`],
    post_logout_redirect_uris: [`${here}/`],
    token_endpoint_auth_method: 'none',
  }),
  async open(stage) {
    await stage.start(process.execPath, 'oauth4webapi.mjs');
    return playWebApp(stage, { has });
  },
};
