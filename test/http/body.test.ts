import { expect, test } from '@jest/globals';
import request from 'supertest';
import { z } from 'zod';
import { route } from '../../src/http/request/route.ts';
import type { BodySpec, Route } from '../../src/http/request/route.ts';
import { bareApp } from './bare-app.ts';

/** Answers with the body as the route sees it. */
function echo(path: string, body: BodySpec): Route {
  return route({
    method: 'post',
    path,
    hidden: true,
    operation: { id: path, summary: 'Says it again', tags: [], body, answers: {} },
    handle: ({ body: said }) => ({ status: 200, body: { said } }),
  });
}

const app = bareApp([
  echo('/json', { type: 'json', schema: z.unknown() }),
  echo('/form', { type: 'form', schema: z.unknown() }),
  echo('/text', {
    type: 'text',
    mediaTypes: ['text/xml', 'application/xml'],
    bytesMax: 40,
    schema: z.string(),
  }),
]);

const post = (path: string, type: string, body: string) =>
  request(app).post(path).set('Content-Type', type).send(body);

test.each([
  ['/json', 'application/json', '{"a":"b"}', { a: 'b' }],
  ['/form', 'application/x-www-form-urlencoded', 'a=b', { a: 'b' }],
  ['/text', 'text/xml', '<a>b</a>', '<a>b</a>'],
  ['/text', 'application/xml; charset=UTF-8', '<a>\u{1f389}</a>', '<a>\u{1f389}</a>'],
])('%s: %s is read, and a byte order mark in front of it is read over', async (path, type, body, said) => {
  await post(path, type, body).expect(200, { said });
  await post(path, type, `\u{feff}${body}`).expect(200, { said });
});

test('no body is an object without members, or an empty text', async () => {
  await request(app).post('/json').expect(200, { said: {} });
  await request(app).post('/form').expect(200, { said: {} });
  await request(app).post('/text').expect(200, { said: '' });
});

test('a text has the media types of its route, and its bound', async () => {
  const other = await post('/text', 'application/json', '{}').expect(415);
  expect(other.body).toMatchObject({
    code: 'unsupported_media_type',
    detail: 'Send text/xml or application/xml in UTF-8.',
  });
  await post('/text', 'text/xml; charset=gb2312', '<a/>').expect(415);
  await post('/text', 'text/xml', 'x'.repeat(40)).expect(200);
  const large = await post('/text', 'text/xml', 'x'.repeat(41)).expect(413);
  expect(large.body).toMatchObject({ code: 'too_large', detail: 'A body has at most 40 bytes.' });
  const bytes = Buffer.from([0x3c, 0xff]);
  const bad = await request(app).post('/text').set('Content-Type', 'text/xml').send(bytes).expect(400);
  expect(bad.body).toMatchObject({ code: 'invalid_request', field: 'body' });
});
