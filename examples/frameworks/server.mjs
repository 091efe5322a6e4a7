/** Serves the three pages, under a policy that lets them load and ask nothing but themselves and the gateway. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const port = Number(process.env['PORT'] ?? 3004);
const gateway = process.env['GATEWAY'] ?? 'http://localhost:8080';
const frameworks = ['react', 'vue', 'svelte'];
const policy =
  `default-src 'none'; script-src 'self' ${gateway}; connect-src ${gateway} ${gateway.replace(/^http/, 'ws')}; ` +
  `img-src 'self'; style-src 'self'`;
const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');

function answerTo(path) {
  const name = path.slice(1) || frameworks[0];
  if (path === '/page.css') return ['text/css', read('page.css')];
  if (frameworks.some((one) => path === `/dist/${one}.js`)) return ['text/javascript', read(name)];
  if (!frameworks.includes(name)) return undefined;
  return ['text/html', read('index.html').replaceAll('GATEWAY', gateway).replaceAll('FRAMEWORK', name)];
}

createServer((request, response) => {
  const answer = answerTo(new URL(request.url, 'http://here').pathname);
  if (answer === undefined) return void response.writeHead(404).end('There is no such page.');
  const [type, text] = answer;
  response.writeHead(200, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Security-Policy': policy,
    'Cross-Origin-Embedder-Policy': 'require-corp',
  });
  response.end(text);
}).listen(port, '127.0.0.1', () => console.log(`Open http://localhost:${port}/`));
