import { playLoopbackApp } from '../loopback-app.ts';
import type { Row } from '../row.ts';

export const appauth: Row = {
  name: '@openid/appauth',
  smoke: true,
  kind: 'client',
  source: { from: 'npm', packages: { '@openid/appauth': '1.3.2' } },
  settings: 'registered for port 8000, its default, and run at another (RFC 8252 §7.3)',
  registers: () => ({
    redirect_uris: ['http://127.0.0.1:8000'],
    application_type: 'native',
    token_endpoint_auth_method: 'none',
  }),
  open: (stage) =>
    Promise.resolve(
      playLoopbackApp(stage, (env) => stage.start(process.execPath, 'appauth.mjs', { env, ready: /^/ })),
    ),
};
