/* Hands out the page and the SDK. The page talks to the gateway itself: its origin is that of a registered client. */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const { GATEWAY = 'http://localhost:8080', PORT = '3003' } = process.env;
const file = (path) => readFile(fileURLToPath(new URL(path, import.meta.url)));
const answers = {
  '/': ['text/html', () => file('index.html')],
  '/app.mjs': ['text/javascript', () => file('app.mjs')],
  '/phone.mjs': ['text/javascript', () => readFile(fileURLToPath(import.meta.resolve('scangate/phone')))],
  '/settings.json': ['application/json', () => JSON.stringify({ gateway: GATEWAY })],
};

async function answer(req, res) {
  const [type, make] = answers[req.url] ?? [];
  if (make === undefined) return res.writeHead(404).end();
  return res.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(await make());
}

createServer((req, res) => void answer(req, res)).listen(Number(PORT), () =>
  console.log(`Open http://localhost:${PORT}/`),
);
