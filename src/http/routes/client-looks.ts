import { z } from 'zod';
import type { Client, ClientRegistry } from '../../oauth/clients/client.ts';
import { ScangateError } from '../../ticket/error.ts';
import { staticFile } from '../answer/static-files.ts';
import { colorSheet } from '../pages/client-looks.ts';
import type { ClientLogos } from '../pages/client-logos.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { fileAnswer } from './assets.ts';

export interface ClientLooksParts {
  readonly clients: ClientRegistry;
  readonly logos: ClientLogos;
}

const operation = {
  tags: ['running'],
  params: z.object({ clientId: z.string().max(200) }),
  headers: z.object({ 'if-none-match': z.string().max(1000).optional() }),
  answers: { 200: { description: 'The file.' } },
} as const;

/** Bytes that came from elsewhere are a picture and nothing more, opened by themselves too. */
const PICTURE_ONLY = { 'Content-Security-Policy': "default-src 'none'; sandbox" };

/** `GET /clients/{id}/logo`: a client's `logo_uri`, as the gateway fetched it. */
export function clientLogoRoute({ clients, logos }: ClientLooksParts): Route {
  return route({
    method: 'get',
    path: '/clients/:clientId/logo',
    hidden: true,
    operation: { ...operation, id: 'getClientLogo', summary: 'A client’s logo' },
    handle: async (request) => {
      const file = await logos.find(clientOf(clients, request.params.clientId));
      if (file === undefined) throw new ScangateError('not_found');
      const answer = fileAnswer(file, request.headers['if-none-match']);
      return { ...answer, headers: { ...answer.headers, ...PICTURE_ONLY } };
    },
  });
}

/** `GET /clients/{id}/colors.css`: a client's colours for the sign-in page. */
export function clientColorsRoute({ clients }: ClientLooksParts): Route {
  return route({
    method: 'get',
    path: '/clients/:clientId/colors.css',
    hidden: true,
    operation: { ...operation, id: 'getClientColors', summary: 'A client’s colours' },
    handle: (request) => {
      const sheet = colorSheet(clientOf(clients, request.params.clientId));
      const file = staticFile('text/css; charset=utf-8', Buffer.from(sheet));
      return fileAnswer(file, request.headers['if-none-match']);
    },
  });
}

function clientOf(clients: ClientRegistry, id: string): Client {
  const client = clients.find(id);
  if (client === undefined) throw new ScangateError('not_found');
  return client;
}
