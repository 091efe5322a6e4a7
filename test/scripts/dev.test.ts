import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort, startChild } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['src', 'scripts', 'migrations', 'openapi.yaml', 'package.json'];

let folder: TemporaryFolder;
let dev: Child;
let url: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const name of COPIED) await cp(join(ROOT, name), join(folder.path, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  env = {
    PATH: process.env['PATH'],
    PORT: String(port),
    SCANGATE_STORE: `file:${join(folder.path, 'store')}`,
    SCANGATE_LOG_LEVEL: 'error',
  };
  dev = startDev();
  await until(async () => (await fetch(`${url}/readyz`)).status === 200, { withinMs: 60_000 });
});

afterAll(async () => {
  await dev.stop();
  await folder.remove();
});

function startDev(): Child {
  return startChild(process.execPath, ['scripts/dev.mjs'], { cwd: folder.path, env });
}

/** The processes that it has started so far, the last one last. */
function gateways(): number[] {
  return [...dev.output().stderr.matchAll(/^dev: gateway (\d+) begins$/gm)].map(([, pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const file = join(folder.path, path);
  const text = await readFile(file, 'utf8');
  expect(change(text)).not.toBe(text);
  await writeFile(file, change(text));
}

const HEALTH = 'src/http/routes/health.ts';
const live = async (): Promise<string> => await (await fetch(`${url}/livez`)).text();

test('a change of a module, of a page and of the client is answered with, and the store stays', async () => {
  const minted = await fetch(`${url}/v1/tickets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: 'demo',
      redirect_uri: `http://localhost:${env['PORT']}/demo/callback`,
      binding: 'bearer',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }),
  });
  const ticket = (await minted.json()) as { ticket_id: string; browser_secret: string };
  expect(minted.status).toBe(201);

  await edit(HEALTH, (text) => text.replaceAll("'live'", "'alive'"));
  await until(async () => (await live()).includes('"alive"'), {
    withinMs: 30_000,
    what: 'the changed module',
  });
  await edit('src/web/pages/layout.html', (text) => text.replace('</head>', '<!-- changed --></head>'));
  await edit('src/web/client/client.ts', (text) => `${text}\nexport const changed = 'changed client';\n`);
  await until(async () => (await (await fetch(url)).text()).includes('<!-- changed -->'), {
    withinMs: 30_000,
    what: 'the changed page',
  });
  await until(
    async () => (await (await fetch(`${url}/assets/client.js`)).text()).includes('changed client'),
    {
      withinMs: 30_000,
      what: 'the changed client',
    },
  );

  const looked = await fetch(`${url}/v1/tickets/${ticket.ticket_id}`, {
    headers: { authorization: `Bearer ${ticket.browser_secret}` },
  });
  expect(looked.status).toBe(200);
});

test('a change that does not compile leaves the gateway alone, until it is mended', async () => {
  const before = gateways();
  await edit(HEALTH, (text) => `const = ;\n${text}`);
  await until(() => dev.output().stderr.includes('it does not compile'));
  expect(await live()).toContain('"alive"');
  await edit(HEALTH, (text) => text.replace('const = ;\n', '').replaceAll("'alive'", "'mended'"));
  await until(async () => (await live()).includes('"mended"'), { withinMs: 30_000 });
  expect(gateways()).toHaveLength(before.length + 1);
  expect(before.filter(isAlive)).toEqual([]);
});

test('SIGTERM ends it and the gateway', async () => {
  const pid = gateways().at(-1) ?? 0;
  expect(isAlive(pid)).toBe(true);
  dev.signal('SIGTERM');
  expect(await dev.exited).toEqual({ code: 0, signal: null });
  expect(isAlive(pid)).toBe(false);
});

test('killed, it leaves no gateway behind', async () => {
  dev = startDev();
  await until(async () => (await fetch(`${url}/readyz`)).status === 200, { withinMs: 60_000 });
  const [pid = 0] = gateways();
  // Its output stays open as long as the gateway has it.
  dev.signal('SIGKILL');
  await until(() => !isAlive(pid), { what: 'the end of the gateway' });
});
