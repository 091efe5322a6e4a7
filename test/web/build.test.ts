import { beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { parse } from 'acorn';

const script = fileURLToPath(new URL('../../scripts/build-web.mjs', import.meta.url));
const SCRIPTS = ['approve.js', 'client.js', 'demo-callback.js', 'problem.js', 'sign-in.js'];
let built: string;

/** In a process of its own: the test runner cannot load a compiler's native part inside its sandbox. */
function build(): string {
  const outDir = mkdtempSync(join(tmpdir(), 'scangate-web-'));
  const code = `import { buildWeb } from ${JSON.stringify(pathToFileURL(script).href)}; await buildWeb(process.argv[1]);`;
  execFileSync(process.execPath, ['--input-type=module', '-e', code, outDir]);
  process.once('exit', () => rmSync(outDir, { recursive: true, force: true }));
  return outDir;
}

const listed = (outDir: string): string[] =>
  readdirSync(outDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(outDir.length))
    .sort();

beforeAll(() => {
  built = build();
});

test('the classic scripts are ES5, and the module is one file', () => {
  for (const name of SCRIPTS) {
    const source = readFileSync(join(built, name), 'utf8');
    expect(() => parse(source, { ecmaVersion: 5, sourceType: 'script' })).not.toThrow();
  }
  const module = readFileSync(join(built, 'client.mjs'), 'utf8');
  const tree = parse(module, { ecmaVersion: 2020, sourceType: 'module' });
  expect(tree.body.filter((node) => node.type === 'ImportDeclaration')).toEqual([]);
});

test('two builds are the same, byte for byte', () => {
  const again = build();
  expect(listed(again)).toEqual(listed(built));
  for (const name of listed(built)) {
    expect([name, readFileSync(join(again, name), 'utf8')]).toEqual([
      name,
      readFileSync(join(built, name), 'utf8'),
    ]);
  }
});

const YOUNGER = `
  ['Promise', 'Symbol', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Proxy', 'Reflect', 'fetch', 'URL', 'TextDecoder',
    'Float64Array', 'BigInt', 'Intl', 'globalThis'].forEach(function (name) { delete this[name]; }, this);
  [Object, Number, Array, Math, String].forEach(function (type) {
    ['assign', 'entries', 'values', 'is', 'setPrototypeOf', 'isInteger', 'isNaN', 'from', 'of', 'trunc', 'sign', 'imul',
      'cbrt', 'raw'].forEach(function (name) { delete type[name]; });
  });
  [Array, String].forEach(function (type) {
    ['find', 'findIndex', 'includes', 'fill', 'startsWith', 'endsWith', 'repeat', 'padStart', 'flat', 'flatMap', 'at',
      'values', 'entries', 'keys'].forEach(function (name) { delete type.prototype[name]; });
  });
`;

test('the client signs in with nothing younger than ES5 and XMLHttpRequest', () => {
  const sent: { method: string; url: string; body: string }[] = [];
  const notice = (version: number, more: object): object => ({
    ticket_id: 'T',
    cursor: `${version}-1`,
    expires_in_ms: 120000,
    ...more,
  });
  const links = { self: '/self', events: '/events', poll: '/poll', socket: '/socket', qr: '/qr.svg' };
  const answers: Record<string, [number, object]> = {
    '/v1/tickets': [201, notice(1, { status: 'pending', scan: { url: 'u', rotates_in_ms: 30000 }, links })],
    '/poll': [200, notice(3, { status: 'confirmed', result: { code: 'C' } })],
  };
  class Request {
    status = 0;
    responseText = '';
    onload = (): void => {};
    private asked = { method: '', url: '' };
    open(method: string, url: string): void {
      this.asked = { method, url };
    }
    setRequestHeader(): void {}
    getAllResponseHeaders(): string {
      return '';
    }
    abort(): void {}
    send(body: string): void {
      sent.push({ ...this.asked, body });
      const path = this.asked.url.replace('http://gate', '').replace(/\?.*/, '');
      const [status, answer] = answers[path] ?? [404, {}];
      this.status = status;
      this.responseText = JSON.stringify(answer);
      this.onload();
    }
  }
  const timers: (() => void)[] = [];
  const page = {
    XMLHttpRequest: Request,
    location: { protocol: 'http:', host: 'gate' },
    document: { addEventListener() {}, removeEventListener() {} },
    addEventListener() {},
    removeEventListener() {},
    setTimeout: (run: () => void) => timers.push(run),
    clearTimeout() {},
    told: [] as unknown[],
  };
  const context = createContext({ ...page, window: page });
  runInContext(YOUNGER, context);
  runInContext(readFileSync(join(built, 'client.js'), 'utf8'), context);
  runInContext(
    `Scangate.startSignIn({ clientId: 'demo', onResult: function (result, verifier) { told.push(result.code, verifier); } });`,
    context,
  );
  expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST http://gate/v1/tickets',
    'GET http://gate/poll?after=1-1&wait=25',
  ]);
  expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({ client_id: 'demo', binding: 'bearer' });
  expect(page.told).toEqual(['C', expect.stringMatching(/^[A-Za-z0-9_-]{43}$/)]);
});
