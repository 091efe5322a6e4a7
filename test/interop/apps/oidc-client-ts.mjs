/** A page with oidc-client-ts as its README begins, and nothing behind it but this server of files. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { GATEWAY, PORT, CLIENT_ID } = process.env;
const library = readFileSync('node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js');

const script = `
const manager = new oidc.UserManager({
  authority: ${JSON.stringify(GATEWAY)},
  client_id: ${JSON.stringify(CLIENT_ID)},
  redirect_uri: location.origin + '/callback',
  post_logout_redirect_uri: location.origin + '/',
  scope: 'openid profile offline_access',
});
const show = (value) => document.body.append(JSON.stringify(value));
const pages = {
  '/': async () => show((await manager.getUser())?.profile ?? {}),
  '/login': () => manager.signinRedirect(),
  '/callback': async () => show((await manager.signinRedirectCallback()).profile),
  '/refresh': async () => show((await manager.signinSilent()).profile),
  '/logout': () => manager.signoutRedirect(),
};
pages[location.pathname]().catch((error) => show({ error: error.error ?? error.message }));
`;
const page =
  '<!doctype html><title>App</title><script src="/library.js"></script><script defer src="/app.js"></script>';
const files = { '/library.js': library, '/app.js': script };

createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const file = files[pathname];
  response.setHeader('content-type', file === undefined ? 'text/html' : 'text/javascript');
  response.end(file ?? page);
}).listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
