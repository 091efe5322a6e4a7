/** What a web application has around its library: a server, and a session by cookie. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

export const { GATEWAY, HERE, CLIENT_ID, CLIENT_SECRET } = process.env;
export const CALLBACK = `${HERE}/callback`;

const sessions = new Map();

/**
 * Serves `/login`, `/callback`, `/` (who is signed in) and what else `routes` has. Each route is given the session, a
 * plain object, and the address as it was asked for; it answers an address to go to, or what to show as JSON.
 */
export function serve(routes) {
  const all = { '/': ({ user }) => user ?? {}, ...routes };
  createServer((request, response) => void answer(all, request, response)).listen(
    Number(process.env.PORT),
    '127.0.0.1',
    () => console.log('listening'),
  );
}

async function answer(routes, request, response) {
  const url = new URL(request.url, HERE);
  const id = /sid=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? randomUUID();
  const session = sessions.get(id) ?? {};
  sessions.set(id, session);
  response.setHeader('set-cookie', `sid=${id}; Path=/; HttpOnly; SameSite=Lax`);
  const said = await ask(routes[url.pathname], session, url);
  if (said instanceof URL || typeof said === 'string')
    response.writeHead(302, { location: String(said) }).end();
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said));
}

async function ask(route, session, url) {
  try {
    return (await route?.(session, url)) ?? { error: 'no such page' };
  } catch (error) {
    console.error(error);
    return { error: error.error ?? error.code ?? error.message, message: error.message };
  }
}
