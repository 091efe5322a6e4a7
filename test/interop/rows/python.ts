import type { Row } from '../row.ts';
import { CLIENT_SECRET } from '../stage.ts';
import { playWebApp } from '../web-app.ts';

const has = ['refreshes'] as const;

/** Debian's own Python, which its modules are for. */
const PYTHON = '/usr/bin/python3';

export const authlib: Row = {
  name: 'Authlib',
  kind: 'client',
  source: { from: 'Debian', packages: ['python3-authlib', 'python3-requests', 'python3-minimal'] },
  settings: '',
  registers: (here) => ({ redirect_uris: [`${here}/callback`], client_secret: CLIENT_SECRET }),
  async open(stage) {
    await stage.start(stage.place.file(PYTHON), 'with-authlib.py');
    return playWebApp(stage, { has });
  },
};

export const requestsOauthlib: Row = {
  name: 'requests-oauthlib',
  kind: 'client',
  source: { from: 'Debian', packages: ['python3-requests-oauthlib', 'python3-minimal'] },
  settings: '`pkce: "none"`: it sends neither PKCE nor a nonce',
  registers: (here) => ({
    redirect_uris: [`${here}/callback`],
    client_secret: CLIENT_SECRET,
    scangate: { pkce: 'none' },
  }),
  async open(stage) {
    const env = { OAUTHLIB_INSECURE_TRANSPORT: '1' }; // http, on this machine
    await stage.start(stage.place.file(PYTHON), 'with-requests-oauthlib.py', { env });
    return playWebApp(stage, { has });
  },
};
