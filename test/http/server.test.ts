import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import express from 'express';
import { bornOf } from '../../src/http/server.ts';

test('before Node 24 requests and responses are born with the prototypes that Express gives them', async () => {
  const app = express();
  const seen: boolean[] = [];
  app.get('/x', (_req, res) => res.json({ ok: true }));
  const handle = (req: IncomingMessage, res: ServerResponse): void => {
    seen.push(Object.getPrototypeOf(req) === app.request, Object.getPrototypeOf(res) === app.response);
    (app as unknown as typeof handle)(req, res);
  };
  const server = createServer(bornOf(app, 20), handle).listen(0);
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
  expect(await answer.json()).toEqual({ ok: true });
  server.close();
  expect(seen).toEqual([true, true]);
});

test('from Node 24 on they are left alone', () => {
  expect(bornOf(express(), 24)).toEqual({});
});
