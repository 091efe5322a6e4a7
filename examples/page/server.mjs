/** Serves the example's two pages; everything else happens in the browser. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const port = Number(process.env['PORT'] ?? 3001);
const gateway = process.env['GATEWAY'] ?? 'http://localhost:8080';
const pages = { '/': 'index.html', '/callback.html': 'callback.html' };

createServer((request, response) => {
  const name = pages[new URL(request.url, 'http://here').pathname];
  if (name === undefined) {
    response.writeHead(404).end('There is no such page.');
    return;
  }
  const html = readFileSync(new URL(name, import.meta.url), 'utf8');
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(html.replaceAll('GATEWAY', gateway).replaceAll('HERE', `http://localhost:${port}`));
}).listen(port, '127.0.0.1', () => console.log(`Open http://localhost:${port}/`));
