import { playReader } from '../reader.ts';
import type { Row } from '../row.ts';
import { CLIENT_SECRET } from '../stage.ts';
import { playWebApp } from '../web-app.ts';
import { listenByProgram } from './readers.ts';

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

export const pythonWebsockets: Row = {
  name: 'Python websockets',
  kind: 'reader',
  source: { from: 'Debian', packages: ['python3-websockets', 'python3-minimal'] },
  settings: 'connects again by itself, as its documentation says',
  registers: (here) => ({ redirect_uris: [`${here}/`], token_endpoint_auth_method: 'none' }),
  open: (stage) => {
    const python = stage.place.file(PYTHON);
    return Promise.resolve(
      playReader(stage, (ticket) => listenByProgram(stage, python, 'with-websockets.py', ticket)),
    );
  },
};
